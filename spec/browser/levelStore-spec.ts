import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { brokerStage } from '../support/brokerStage.js';
import { browserStage } from '../support/browserStage.js';
import { CHROMIUM } from '../support/chromium.js';
import { describeWith } from '../support/describeWith.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import type * as levelStoreProgram from './levelStoreProgram.js';

const PROGRAM = fileURLToPath(new URL('levelStoreProgram.ts', import.meta.url));

describeWith([CHROMIUM], 'levelStore over browser-level, on the IndexedDB of Chromium', function () {
  this.timeout(60_000);
  const on = brokerStage();
  const chromium = browserStage();
  const tab = () => chromium.run<typeof levelStoreProgram>(PROGRAM);

  it('should do all that is demanded of a store', async () => {
    const page = await tab();
    const titles = await page.call('titles');
    expect(titles.length).to.be.greaterThan(5);
    for (const place of titles.keys()) await page.call('run', place);
  });

  it('should send what was published offline when the page is loaded anew, in order, and keep nothing then', async () => {
    const broker = await on.broker('aedes', { webSocket: true });
    const listener = on.client(broker.url);
    const heard = record(listener.topic$('n', { qos: 2 }));
    await granted(listener, 'n');
    const page = await tab();
    await page.call('publishOffline', 'n', 200);
    await page.reload();
    expect(await page.call('recover', broker.url)).to.deep.equal({ queued: 200, left: 0 });
    // Each QoS in order; aedes passes on what is exchanged in two steps when it is done.
    const numbers = (await heard.first(200)).map((message) => Number(message.text()));
    const inOrder = [...Array(100).keys()].map((n) => 2 * n);
    expect(numbers.filter((n) => n % 2 === 0)).to.deep.equal(inOrder);
    expect(numbers.filter((n) => n % 2 === 1)).to.deep.equal(inOrder.map((n) => n + 1));
    heard.stop();
  });

  it('should let a session be open in one tab at a time', async () => {
    const [first, second] = [await tab(), await tab()];
    expect(await first.call('hold')).to.equal('dials');
    expect(await second.call('hold')).to.match(/^StoreError: .*"tab" is in use by another client in another tab/);
    await first.page.close();
    await second.reload();
    await second.call('released');
    expect(await second.call('hold')).to.equal('dials');
  });
});
