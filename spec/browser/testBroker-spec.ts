import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { PLACES, browserStage } from '../support/browserStage.js';
import { CHROMIUM } from '../support/chromium.js';
import { describeWith } from '../support/describeWith.js';
import type * as testBrokerProgram from './testBrokerProgram.js';

const PROGRAM = fileURLToPath(new URL('testBrokerProgram.ts', import.meta.url));

for (const place of PLACES) {
  describeWith([CHROMIUM], `the test broker in ${place} of Chromium`, function () {
    this.timeout(60_000);
    const chromium = browserStage();

    it('should carry messages in both versions', async () => {
      const tab = await chromium.run<typeof testBrokerProgram>(PROGRAM, place);
      for (const version of [4, 5] as const) {
        const expected = { seen: ['a/1 ü', 'a/2 ß'], published: ['ß'] };
        expect(await tab.call('exchange', version)).to.deep.equal(expected);
      }
    });

    it('should live a day in virtual time', async () => {
      const tab = await chromium.run<typeof testBrokerProgram>(PROGRAM, place);
      const [[message]] = (await tab.call('day')) as [[{ frame: number; notification: { value: string } }]];
      expect(message).to.have.property('frame', 86_400_000);
      expect(message.notification.value).to.equal('a');
    });
  });
}
