import { expect } from 'chai';
import { NEVER, Observable, defer, of, tap, throwError, timer } from 'rxjs';
import sinon, { type SinonFakeTimers } from 'sinon';
import { keepAlive } from '../../lib/stream/keepAlive.js';

describe('keepAlive', () => {
  let clock: SinonFakeTimers;
  let pings: number[];
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] });
    pings = [];
  });
  afterEach(() => {
    const timers = clock.countTimers();
    clock.restore();
    expect(timers).to.equal(0);
  });

  /** Something that pings: a PINGREQ is a thing sent, too. */
  const pulse = (answer: Observable<number> = of(1)) => {
    const self = {
      lastSent: clock.now,
      ping$: defer(() => {
        pings.push(clock.now - 1_000_000);
        self.lastSent = clock.now;
        return answer;
      }),
    };
    return self;
  };

  it('should ping whenever nothing was sent for that many seconds [MQTT-3.1.2-23]', () => {
    const alive = keepAlive(pulse(), 10);
    clock.tick(35_000);
    expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
    alive.unsubscribe();
  });

  it('should ping later when something is sent', () => {
    const sending = pulse();
    const alive = keepAlive(sending, 10);
    for (let i = 0; i < 20; i++) {
      clock.tick(5_000);
      sending.lastSent = clock.now;
    }
    expect(pings).to.deep.equal([]);
    clock.tick(10_000);
    expect(pings).to.deep.equal([110_000]);
    alive.unsubscribe();
  });

  it('should never ping with 0', () => {
    const alive = keepAlive(pulse(), 0);
    clock.tick(1e9);
    expect([pings, clock.countTimers()]).to.deep.equal([[], 0]);
    alive.unsubscribe();
  });

  it('should not ping again while it waits for the answer', () => {
    const alive = keepAlive(pulse(NEVER), 10);
    clock.tick(100_000);
    expect(pings).to.deep.equal([10_000]);
    alive.unsubscribe();
  });

  it('should count from when PINGREQ was sent, not from the answer', () => {
    const alive = keepAlive(pulse(timer(4_000)), 10);
    clock.tick(30_000);
    expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
    alive.unsubscribe();
  });

  it('should stop when a ping errs, for that has ended the connection', () => {
    keepAlive(pulse(throwError(() => new Error('silent'))), 10);
    clock.tick(100_000);
    expect(pings).to.deep.equal([10_000]);
  });

  it('should wait no more when it is unsubscribed from by what the ping brings about', () => {
    const alive = keepAlive(pulse(of(1).pipe(tap(() => alive.unsubscribe()))), 10);
    clock.tick(100_000);
    expect(pings).to.deep.equal([10_000]);
  });

  it('should leave the ping when it is unsubscribed from', () => {
    let left = false;
    const alive = keepAlive(pulse(new Observable(() => () => (left = true))), 10);
    clock.tick(10_000);
    alive.unsubscribe();
    expect(left).to.equal(true);
  });

  for (const [way, time] of [
    ['back', 1_000],
    ['forward', 9_000_000],
  ] as const) {
    it(`should ping within the time though the clock is set ${way}, between pings and during one`, () => {
      const alive = keepAlive(pulse(timer(1_000).pipe(tap(() => clock.setSystemTime(time)))), 10);
      const counts: number[] = [];
      for (let i = 0; i < 3; i++) {
        clock.tick(5_000);
        clock.setSystemTime(time);
        clock.tick(7_000);
        counts.push(pings.length);
      }
      expect(counts[0]).to.equal(1);
      expect(counts.at(-1)).to.be.greaterThanOrEqual(3);
      alive.unsubscribe();
    });
  }
});
