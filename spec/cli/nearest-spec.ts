import { expect } from 'chai';
import { nearest } from '../../lib/cli/nearest.js';

describe('nearest', () => {
  const words = ['--qos', '--retain', '--retained', '--client-id', '--username', '--json'];
  for (const [written, meant] of [
    ['--qso', '--qos'],
    ['--retian', '--retain'],
    ['--retains', '--retain'],
    ['--clientid', '--client-id'],
    ['--user', '--username'],
    ['--jsno', '--json'],
    ['--colour', undefined],
    ['--x', undefined],
  ] as const) {
    it(`should take ${written} for ${meant ?? 'none of them'}`, () => expect(nearest(written, words)).to.equal(meant));
  }
});
