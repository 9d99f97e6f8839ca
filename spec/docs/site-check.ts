// What `npm run docs` built, looked at in Chromium: `npm run docs:check`. Not part of `npm test`, which builds no site.
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type Axe from 'axe-core';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { type Browser, type Page, chromium } from 'playwright-core';
import { CHROMIUM, QUIET } from '../support/chromiumProgram.js';
import { builtPages, isBuilt, readPage, serveSite } from './site.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** Tabs at a time. */
const TABS = 3;

/** What a look at a page found. */
interface Look {
  readonly page: string;
  readonly faults: readonly string[];
}

describe('the documentation site', () => {
  const pages = builtPages();
  const guides = pages.filter((page) => !page.startsWith('reference/'));
  let browser: Browser;
  let server: Server;
  let address: string;

  before(async () => {
    ({ address, server } = await serveSite());
    browser = await chromium.launch({ executablePath: CHROMIUM.path!, args: QUIET, chromiumSandbox: false });
  });

  after(async () => {
    await browser.close();
    server.close();
  });

  /** Looks at pages, some at a time, in tabs that are used again. Gives the faults, each with its page. */
  async function lookAt(paths: readonly string[], scheme: 'light' | 'dark', look: (tab: Page) => Promise<string[]>) {
    const idle: Page[] = [];
    const looks = from(paths).pipe(
      mergeMap(async (page): Promise<Look> => {
        const known = idle.pop();
        const tab = known ?? (await browser.newPage({ viewport: DESKTOP, colorScheme: scheme }));
        const said = watch(tab);
        await (known && page.startsWith('reference/') ? follow(tab, page) : tab.goto(address + page));
        await tab.locator('h1').first().waitFor();
        const faults = [...(await look(tab)), ...said.end()];
        idle.push(tab);
        return { page, faults };
      }, TABS),
      toArray(),
    );
    const found = await lastValueFrom(looks);
    await Promise.all(idle.map((tab) => tab.close()));
    return found.flatMap(({ page, faults }) => faults.map((fault) => `${page}: ${fault}`));
  }

  it('should have a page for each guide, and the reference of each entry', () => {
    expect(guides).to.include.members(['index.html', 'first-steps.html', 'verbs.html', 'architecture.html']);
    expect(pages).to.include.members([
      'reference/index.html',
      'reference/tortoise-rx/index.html',
      'reference/tortoise-rx/functions/createClient.html',
      'reference/tortoise-rx/testing/functions/testBroker.html',
    ]);
  });

  it('should have links that lead to pages and anchors that exist', () => {
    const built = new Map(pages.map((page) => [page, readPage(page)]));
    const dead = [...built].flatMap(([page, { links }]) =>
      links
        .filter((link) => {
          const [path = '', anchor] = link.split('#');
          return !isBuilt(path) || (anchor !== undefined && built.get(path)?.anchors.has(anchor) === false);
        })
        .map((link) => `${page} → ${link}`),
    );
    expect([...new Set(dead)]).to.deep.equal([]);
  });

  it('should show each page on a desktop and on a phone, without complaints and without scrolling sideways', async () => {
    const faults = await lookAt(pages, 'light', async (tab) => {
      const onDesktop = await layoutFaults(tab);
      await tab.setViewportSize(PHONE);
      const onPhone = await layoutFaults(tab);
      await tab.setViewportSize(DESKTOP);
      return [...onDesktop, ...onPhone];
    });
    expect(faults).to.deep.equal([]);
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`should be readable for everybody: axe finds nothing, ${scheme}`, async () => {
      const some = ['index.html', 'verbs.html', 'options.html', 'reference/tortoise-rx/functions/consume.html'];
      expect(await lookAt(scheme === 'light' ? [...guides, some[3]!] : some, scheme, axeFaults)).to.deep.equal([]);
    });
  }

  it('should find a guide and a name of the reference, with the keyboard alone', async () => {
    const tab = await browser.newPage({ viewport: DESKTOP });
    for (const [words, page] of [
      ['slow consumers', 'slow-consumers.html'],
      ['levelStore', 'levelStore'],
    ] as const) {
      await tab.goto(`${address}first-steps.html`);
      await tab.keyboard.press('Control+k');
      const box = tab.locator('.VPLocalSearchBox input');
      await box.waitFor();
      await box.fill(words);
      await tab.locator('.VPLocalSearchBox .result').first().waitFor();
      const [first] = await tab
        .locator('.VPLocalSearchBox .result')
        .evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
      expect(first, words).to.include(page);
      await tab.keyboard.press('Enter');
      await tab.waitForURL(first!);
    }
    await tab.close();
  });
});

/** Goes to a page as a link of the site does, without loading everything anew: ten times as quick. */
async function follow(tab: Page, page: string): Promise<void> {
  const path = `/${page.replace(/index\.html$/, '')}`;
  await tab.evaluate((to) => {
    document.querySelector('h1')?.remove();
    const link = document.body.appendChild(Object.assign(document.createElement('a'), { href: to }));
    link.click();
    link.remove();
  }, path);
  await tab.waitForURL(`**${path}`);
}

/** Collects what a tab complains of from now on. */
function watch(tab: Page): { end(): string[] } {
  const said: string[] = [];
  tab.removeAllListeners();
  tab.on('console', (message) => ['error', 'warning'].includes(message.type()) && said.push(message.text()));
  tab.on('pageerror', (error) => said.push(String(error)));
  tab.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') said.push(`not loaded: ${request.url()}: ${why}`); // aborted: fetched ahead in vain
  });
  tab.on('response', (response) => response.status() >= 400 && said.push(`${response.status()}: ${response.url()}`));
  return { end: () => said };
}

/** What is wider than the window, and pictures that are not there. */
function layoutFaults(tab: Page): Promise<string[]> {
  return tab.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = scrollWidth > clientWidth ? [`${scrollWidth} pixels wide in a window of ${clientWidth}`] : [];
    const missing = [...document.images].filter((image) => image.complete && image.naturalWidth === 0);
    return [...wide, ...missing.map((image) => `a picture is missing: ${image.src}`)];
  });
}

/** What axe-core finds by the rules of WCAG 2.1, A and AA. */
async function axeFaults(tab: Page): Promise<string[]> {
  await tab.evaluate(AXE);
  return tab.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
      rules: { 'label-content-name-mismatch': { enabled: false } }, // the theme's button of the search shows its key
    });
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 150)}`));
  });
}
