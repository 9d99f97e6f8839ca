import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Account } from '../../examples/live/Books.js';
import { CHROMIUM, chromium } from '../support/chromium.js';
import { describeWith } from '../support/describeWith.js';
import { type LiveDemo, liveDemo } from '../support/liveDemo.js';
import { run } from './run.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What the page says of a client that has lost its connection. */
const LOST = /^attempt|^connecting/;

/** The page on one stage, as somebody sees it. */
class Demo {
  readonly errors: string[] = [];

  constructor(
    readonly page: Page,
    readonly stage: string,
  ) {
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  async press(id: string): Promise<void> {
    await this.page.click(`#${id}`);
  }

  /** What the time line says of a client. */
  async state(client: string): Promise<string> {
    return (await this.page.textContent(`.state[data-client=${client}]`)) ?? '';
  }

  /** Does something, and waits until this has been said of a client since, be it for a moment. */
  async sees(client: string, state: RegExp, deed: () => Promise<void>): Promise<void> {
    await this.page.evaluate((name) => {
      const element = document.querySelector(`.state[data-client=${name}]`)!;
      const said: string[] = ((globalThis as unknown as Said).said[name] = []);
      new MutationObserver(() => said.push(element.textContent)).observe(element, { childList: true });
    }, client);
    await deed();
    await this.waitFor(`${client} ${String(state)}`, async () => {
      const said = await this.page.evaluate((name) => (globalThis as unknown as Said).said[name]!, client);
      return said.some((text) => state.test(text));
    });
  }

  /** Waits until it says this of a client. */
  async until(client: string, state: RegExp): Promise<void> {
    await this.waitFor(`${client} ${String(state)}`, async () => state.test(await this.state(client)));
  }

  async allOnline(): Promise<void> {
    for (const client of ['house', 'dashboard', 'worker']) await this.until(client, /^online$/);
  }

  /** A figure of a ledger, or of the worker. */
  async figure(key: string, qos?: number): Promise<number> {
    const place = qos === undefined ? '' : `table[data-qos='${qos}'] `;
    return Number((await this.page.textContent(`${place}[data-figure=${key}]`))!.replace(/\D/g, ''));
  }

  /** All figures of a ledger, as one drawing of the page shows them. */
  async account(qos: number): Promise<Account> {
    const cells = await this.page.$$eval(`table[data-qos='${qos}'] [data-figure]`, (elements) =>
      elements.map((element) => [element.getAttribute('data-figure')!, element.textContent] as const),
    );
    return Object.fromEntries(cells.map(([key, text]) => [key, Number(text.replace(/\D/g, ''))])) as unknown as Account;
  }

  async waitFor(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`${this.stage}: ${what} never came`);
      await this.page.waitForTimeout(40);
    }
  }
}

describeWith([CHROMIUM], 'the demo in the browser', function () {
  this.timeout(60_000);
  let served: LiveDemo;
  let folder: string;
  let demos: Demo[];

  /** The same on both stages, at the same time: over WebSocket to the demo's server, and in the page's memory. */
  const onBoth = async (play: (demo: Demo) => Promise<void>) => {
    const ends = await Promise.allSettled(demos.map(play)); // one that fails does not leave the other's timers behind
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'demo-'));
    const browser = await chromium();
    const write = run('examples/demo.ts', { args: ['--static', folder], patience: 30_000 });
    served = await liveDemo('--port', '0');
    expect(await write).to.include({ code: 0, stderr: '' });
    const open = async (stage: string, address: string) => {
      const demo = new Demo(await browser.tab(), stage);
      await demo.page.setViewportSize({ width: 1280, height: 900 });
      await demo.page.goto(address);
      await demo.page.evaluate(() => Object.assign(globalThis, { said: {} }));
      return demo;
    };
    demos = await Promise.all([open('served', served.address), open('static', `file://${join(folder, 'index.html')}`)]);
    await onBoth((demo) => demo.allOnline());
  });

  after(async () => {
    await (await chromium()).reset();
    await rm(folder, { recursive: true });
    const stdout = `\n  The demo is at ${served.address}\n  Ctrl-C ends it.\n\n`;
    expect(await served.stop()).to.deep.equal({ code: 0, stdout, stderr: '' });
  });

  it('should cut by the keyboard, and connect again', () =>
    onBoth(async (demo) => {
      for (let i = 0; i < 3; i++) await demo.page.keyboard.press('Tab');
      expect(await demo.page.evaluate(() => document.activeElement?.id)).to.equal('cut');
      await demo.sees('dashboard', LOST, () => demo.page.keyboard.press('Enter'));
      await demo.allOnline();
    }));

  it('should stall, which pings find out, and flow again', () =>
    onBoth(async (demo) => {
      await demo.press('stall');
      expect(await demo.state('house')).to.equal('online');
      await demo.until('house', LOST);
      await demo.until('dashboard', LOST);
      expect(await demo.page.getAttribute('#stall', 'aria-pressed')).to.equal('true');
      await demo.press('stall');
      await demo.allOnline();
      expect(await demo.page.getAttribute('#stall', 'aria-pressed')).to.equal('false');
    }));

  it('should be slow, with more on the way and nobody offline, and fast again', () =>
    onBoth(async (demo) => {
      await demo.press('slow');
      await demo.waitFor('much on the way', async () => (await demo.figure('notYet', 2)) > 15);
      expect(await demo.state('house')).to.equal('online');
      await demo.press('slow');
      await demo.waitFor('little on the way', async () => (await demo.figure('notYet', 2)) < 10);
    }));

  it('should leave connections half-open, which pings find out', () =>
    onBoth(async (demo) => {
      await demo.sees('dashboard', LOST, async () => {
        await demo.press('half-open');
        expect(await demo.state('dashboard')).to.equal('online');
      });
      await demo.allOnline();
    }));

  it('should have another client take the house over, and nobody else', () =>
    onBoth(async (demo) => {
      await demo.sees('house', LOST, () => demo.press('takeover'));
      expect(await demo.state('dashboard')).to.equal('online');
      await demo.allOnline();
    }));

  it('should flood a worker that takes no more than it can carry', () =>
    onBoth(async (demo) => {
      const before = await demo.figure('done');
      await demo.press('flood');
      await demo.page.waitForSelector('#reading:text("paused")');
      expect(await demo.figure('waiting')).to.be.greaterThan(100);
      expect(await demo.figure('inHand')).to.be.within(9, 12);
      await demo.page.focus('#pace');
      await demo.page.keyboard.press('Home'); // the fastest
      await demo.waitFor('the end', async () => (await demo.figure('done')) >= before + 200);
      await demo.page.waitForSelector('#reading:text-is("reading")');
    }));

  it('should lose nothing at QoS 1, and double nothing at QoS 2, in ten cuts', () =>
    onBoth(async (demo) => {
      await demo.press('ten');
      await demo.page.waitForSelector('#status:has-text("Ten cuts")', { timeout: 40_000 });
      await demo.allOnline();
      await demo.press('pause'); // nothing more is sent
      for (const qos of [1, 2]) {
        let account = await demo.account(qos);
        await demo.waitFor('the last message', async () => (account = await demo.account(qos)).notYet === 0);
        const { sent, arrived, lost, gone, doubled } = account; // of one drawing: two reads may be of two
        expect(sent, demo.stage).to.be.greaterThan(500);
        expect({ arrived, lost, gone }, demo.stage).to.deep.equal({ arrived: sent, lost: 0, gone: 0 });
        if (qos === 2) expect(doubled, demo.stage).to.equal(0);
      }
      expect(await demo.page.textContent('section:has(#qos2) .verdict')).to.equal('Nothing lost, nothing doubled');
      await demo.press('pause');
    }));

  it('should kill the broker, with an attempt less and less often, and start another one', () =>
    onBoth(async (demo) => {
      await demo.press('kill');
      await demo.page.waitForSelector('.broker .chip:text-is("dead")');
      for (const client of ['house', 'dashboard']) await demo.until(client, /^attempt [2-9] in/);
      await demo.page.click('button:has-text("Start the broker")');
      await demo.allOnline();
      await demo.page.waitForSelector('button:has-text("Kill the broker")');
      const before = await demo.figure('arrived', 2);
      await demo.waitFor('another message', async () => (await demo.figure('arrived', 2)) > before);
      expect(await demo.figure('lost', 1), demo.stage).to.equal(0);
    }));

  it('should show the developer’s panel, and take it away', () =>
    onBoth(async ({ page }) => {
      await page.click('#devtools');
      await page.waitForSelector('mqtt-devtools');
      await page.click('#devtools');
      expect(await page.$('mqtt-devtools')).to.equal(null);
    }));

  it('should be accessible: wide and light, narrow and dark', async () => {
    const axe = await readFile(AXE, 'utf8');
    const looks = [
      { width: 1280, colorScheme: 'light' },
      { width: 390, colorScheme: 'dark' },
    ] as const;
    for (const [i, { width, colorScheme }] of looks.entries()) {
      const { page } = demos[i]!;
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => (globalThis as unknown as Axe).axe.run({ preload: false }));
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).to.deep.equal([]);
      const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(isTooWide, 'something to scroll sideways').to.equal(false);
      await page.emulateMedia({ colorScheme: null });
    }
  });

  it('should take orders from its own page alone', async () => {
    const ask = async (path: string, origin: string) =>
      (await fetch(new URL(path, served.address), { method: 'POST', headers: { origin, connection: 'close' } })).status;
    expect(await ask('act/abc/cut', 'https://elsewhere.example')).to.equal(403);
    expect(await ask('act/abc/cut', new URL(served.address).origin)).to.equal(204);
    expect(await ask('act/abc/burn', new URL(served.address).origin)).to.equal(400);
    expect(await ask('../package.json', new URL(served.address).origin)).to.equal(404);
  });

  it('should have made no error in the console all the while', () => {
    expect(demos.map(({ stage, errors }) => ({ stage, errors }))).to.deep.equal([
      { stage: 'served', errors: [] },
      { stage: 'static', errors: [] },
    ]);
  });
});

interface Said {
  readonly said: Record<string, string[]>;
}

interface Axe {
  readonly axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
}
