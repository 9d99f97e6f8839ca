import fc from 'fast-check';
import { arbitraryClientCase } from './arbitraryClientCase.js';
import { arbitraryDecoderCase } from './arbitraryDecoderCase.js';
import { foundCases } from './foundCases.js';
import { runClientCase } from './runClientCase.js';
import { runDecoderCase } from './runDecoderCase.js';

/** Milliseconds for each: the same cases every time, as many as it is time for. `npm run fuzz` tries others. */
const QUICK = 3_000;
const now = performance.now.bind(performance);

/** fast-check could stop by itself, but in the middle of a case, with its clock in place. */
async function quickly(check: (seed: number) => unknown): Promise<void> {
  const until = now() + QUICK;
  for (let seed = 1; seed === 1 || now() < until; seed++) await check(seed);
}

describe('fuzzing', function () {
  this.timeout(60_000);

  it('should decode whatever comes, cut wherever, or say with an error of ours what is wrong with it', () =>
    quickly((seed) => fc.assert(fc.property(arbitraryDecoderCase, runDecoderCase), { seed })));

  for (const [i, found] of foundCases.entries()) {
    it(`should find no fault in case ${i + 1} of those that were taken for one`, () => runClientCase(found));
  }

  it('should survive whatever a broker, a network and a store do, and whatever an application does in any callback', () =>
    quickly((seed) => fc.assert(fc.asyncProperty(arbitraryClientCase, runClientCase), { seed, numRuns: 20 })));
});
