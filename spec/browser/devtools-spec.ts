import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expectShown } from '../examples/shownIn.js';
import { browserStage } from '../support/browserStage.js';
import { CHROMIUM } from '../support/chromium.js';
import { describeWith } from '../support/describeWith.js';
import type * as devtoolsProgram from './devtoolsProgram.js';

const PROGRAM = fileURLToPath(new URL('devtoolsProgram.ts', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

describeWith([CHROMIUM], 'devtools in Chromium', function () {
  this.timeout(60_000);
  const chromium = browserStage();
  const open = async (isIdle = false) => {
    const tab = await chromium.run<typeof devtoolsProgram>(PROGRAM);
    if (!isIdle) await tab.call('listen');
    return tab;
  };
  const textOf = (page: Page) => page.locator('#panel section').innerText();

  it('should show what the client does, and run nothing that comes from the network', async () => {
    const tab = await open();
    await tab.call('exchange');
    const { page } = tab;
    await page.getByText('2 of 5').waitFor();
    const text = await textOf(page);
    for (const part of ['online since', 'custom transport, as kitchen', 'secret/plans', 'refused', '{"celsius":21}']) {
      expect(text).to.contain(part);
    }
    expect(text).to.contain('<img src=x onerror=').and.contain('ff 00 01');
    expect(await page.locator('#panel img').count()).to.equal(0);
  });

  it('should count down to the next attempt', async () => {
    const tab = await open();
    await tab.call('cut');
    const countdown = tab.page.getByText(/next attempt in \d\.\d s of 3\.0 s/);
    await countdown.waitFor();
    const first = await countdown.innerText();
    await tab.page.waitForFunction(
      `![...document.querySelector('#panel').shadowRoot.querySelectorAll('.left')].some((e) => e.textContent === '${first}')`,
    );
    expect(await tab.page.getByText(/ConnectionLostError: /).count()).to.equal(1);
  });

  it('should be opened, read, scrolled, paused and closed by the keyboard', async () => {
    const { page } = await open(true);
    const focused = () =>
      page.evaluate("document.querySelector('#panel').shadowRoot.activeElement?.textContent ?? 'nothing'");
    await page.keyboard.press('Tab');
    expect(await focused()).to.contain('idle');
    await page.keyboard.press('Escape');
    expect(await textOf(page)).not.to.contain('Connection');
    await page.keyboard.press('Enter');
    expect(await textOf(page)).to.contain('Connection');
    const seen: unknown[] = [];
    for (let n = 0; n < 12; n++) {
      await page.keyboard.press('Tab');
      seen.push(await focused());
    }
    expect(seen).to.include.members(['✕', 'Connection', 'Packets', 'Pause', 'Clear']);
    await page.keyboard.press('Escape');
    expect(await focused()).to.contain('idle');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`should be what axe takes for accessible, ${colorScheme}`, async () => {
      const tab = await open();
      await tab.page.emulateMedia({ colorScheme });
      await tab.call('exchange');
      await tab.call('cut');
      await tab.page.getByText(/next attempt/).waitFor();
      await tab.page.evaluate(AXE);
      const run = "axe.run('#panel', { resultTypes: ['violations'] }).then(({ violations }) => violations)";
      const violations = await tab.page.evaluate<Violation[]>(run);
      await tab.page.emulateMedia({ colorScheme: null });
      const said = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((one) => `${one.html} ${one.failureSummary}`).join('; ')}`,
      );
      expect(said).to.deep.equal([]);
    });
  }

  it('should leave an idle client idle, and be removed', async () => {
    const tab = await open(true);
    await tab.page.getByText('idle: nothing needs a connection', { exact: true }).waitFor();
    expect(await tab.call('connected')).to.equal(0);
    await tab.page.getByRole('button', { name: 'Remove the panel' }).click();
    expect(await tab.page.locator('#panel').count()).to.equal(0);
  });

  it('should be mounted as docs/devtools.md shows', () => {
    expectShown(['docs/devtools.md'], ['spec/browser/devtoolsProgram.ts']);
  });
});
