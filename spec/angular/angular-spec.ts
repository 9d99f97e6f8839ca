import { expect } from 'chai';
import { runCases } from './run.js';

describe('tortoise-rx/angular', () => {
  for (const setup of ['zone', 'zoneless']) {
    it(`should do what its specs say: ${setup}`, async function () {
      this.timeout(60_000);
      const { passed, failed, said } = await runCases(setup);
      expect(failed, failed.join('\n\n')).to.deep.equal([]);
      expect(passed.length, said).to.be.greaterThan(0);
    });
  }
});
