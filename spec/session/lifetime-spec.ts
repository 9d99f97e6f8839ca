import { expect } from 'chai';
import fc from 'fast-check';
import { type Moment, RELEASED, elapsed, remaining } from '../../lib/session/lifetime.js';

const HOUR = 3_600_000;
const TODAY = RELEASED + 100 * 24 * HOUR;

const at = (monotonic: number, wall: number): Moment => ({ monotonic, wall });

describe('lifetime', () => {
  for (const [what, since, now, expected] of [
    ['both clocks run alike', at(5, TODAY), at(1_005, TODAY + 1_000), 1_000],
    ['the machine slept for eight hours', at(5, TODAY), at(1_005, TODAY + 8 * HOUR), 8 * HOUR],
    ['the wall clock was set back', at(5, TODAY), at(1_005, TODAY - HOUR), 1_000],
    ['the wall clock was set back to 1970', at(5, TODAY), at(1_005, 60_000), 1_000],
    ['the wall clock was in 1970 before and after', at(5, 60_000), at(1_005, 60_000 + 8 * HOUR), 1_000],
    ['the wall clock was set from 1970 to today', at(5, 60_000), at(1_005, TODAY), 1_000],
    ['the wall clock was set to just before this library', at(5, RELEASED - 1), at(1_005, TODAY), 1_000],
    ['the wait began with this library', at(5, RELEASED), at(1_005, RELEASED + 2_000), 2_000],
    ['no time has passed', at(5, TODAY), at(5, TODAY), 0],
    ['both clocks went back', at(5, TODAY), at(3, TODAY - 1), 0],
    ['another process began it, whose clock was further', at(1e9, TODAY), at(5, TODAY + 3_000), 3_000],
    ['another process began it, in 1970', at(1e9, 5), at(5, 8), 0],
  ] as const) {
    it(`should have taken ${expected} ms when ${what}`, () => {
      expect(elapsed(since, now)).to.equal(expected);
    });
  }

  it('should say how much is left, and that nothing is', () => {
    const lifetime = { expiry: 1_000, since: at(5, TODAY) };
    expect([5, 1_004, 1_005, 1_006].map((now) => remaining(lifetime, at(now, TODAY)))).to.deep.equal([1_000, 1, 0, -1]);
  });

  it('should never be negative, nor less than what the monotonic clock says', () => {
    const moment = fc.record({ monotonic: fc.nat(), wall: fc.nat(2 * TODAY) });
    fc.assert(
      fc.property(moment, moment, (since, now) => {
        expect(elapsed(since, now)).to.be.at.least(Math.max(0, now.monotonic - since.monotonic));
      }),
    );
  });
});
