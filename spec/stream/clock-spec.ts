import { expect } from 'chai';
import { asyncScheduler, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import sinon, { type SinonFakeTimers } from 'sinon';
import { instantNow, isVirtualTime, monotonicNow } from '../../lib/stream/clock.js';

describe('clock', () => {
  describe('with fake timers', () => {
    let clock: SinonFakeTimers;
    beforeEach(() => (clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['Date', 'performance'] })));
    afterEach(() => clock.restore());

    it('should go on whatever the wall clock is set to', () => {
      const seen: number[] = [];
      for (const time of [1_000_000, 5_000, 9_000_000, 0]) {
        clock.setSystemTime(time);
        clock.tick(100);
        expect(instantNow()).to.deep.equal({ monotonic: monotonicNow(), wall: time + 100 });
        seen.push(monotonicNow());
      }
      expect(seen).to.deep.equal([100, 200, 300, 400]);
    });

    it('should not take fake timers for virtual time', () => {
      expect(isVirtualTime()).to.equal(false);
      clock.setSystemTime(5);
      expect(isVirtualTime()).to.equal(false);
    });

    it('should be the wall clock where there is no other', () => {
      const without = sinon.stub(globalThis, 'performance').value(undefined);
      try {
        expect([monotonicNow(), instantNow()]).to.deep.equal([1_000_000, { monotonic: 1_000_000, wall: 1_000_000 }]);
      } finally {
        without.restore();
      }
    });
  });

  it('should be the clock of a TestScheduler, which stands still between its frames', () => {
    new TestScheduler(() => undefined).run(({ flush }) => {
      const seen: unknown[] = [];
      const look = () => seen.push([isVirtualTime(), monotonicNow(), instantNow()]);
      look();
      timer(250).subscribe(look);
      asyncScheduler.schedule(look, 3_600_000);
      flush();
      const at = (ms: number) => [true, ms, { monotonic: ms, wall: ms }];
      expect(seen).to.deep.equal([at(0), at(250), at(3_600_000)]);
    });
    expect(isVirtualTime()).to.equal(false);
  });

  it('should be the real clock otherwise, and never go back', () => {
    const before = performance.now();
    const all = Array.from({ length: 1_000 }, monotonicNow);
    expect(all).to.deep.equal([...all].sort((a, b) => a - b));
    expect(all[0]).to.be.within(before, performance.now());
    expect(Math.abs(instantNow().wall - Date.now())).to.be.lessThan(1_000);
  });
});
