import { expect } from 'chai';
import { expectShown } from '../examples/shownIn.js';
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

  it('should do what docs/angular.md shows, block by block', () => {
    expectShown(['docs/angular.md'], ['examples/angularGuide/house.ts']);
  });
});
