import { expect } from 'chai';
import { Observable, asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import sinon, { type SinonFakeTimers } from 'sinon';
import { whenQuiet } from '../../lib/stream/quiet.js';

describe('whenQuiet', () => {
  let clock: SinonFakeTimers;
  let calls: number[];
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] });
    calls = [];
    clock.tick(1_000);
  });
  afterEach(() => {
    const timers = clock.countTimers();
    clock.restore();
    expect(timers).to.equal(0);
  });

  const elapsed = () => void calls.push(performance.now());

  it('should call back once, when nothing has happened for the duration', () => {
    whenQuiet({ since: () => 1_000, elapsed }, 100);
    clock.tick(99);
    expect(calls).to.deep.equal([]);
    clock.tick(1);
    expect(calls).to.deep.equal([1_100]);
    clock.tick(1_000);
    expect(calls.length).to.equal(1);
  });

  it('should count from what happened before it was called, and never call back at once', () => {
    whenQuiet({ since: () => 960, elapsed }, 100);
    clock.tick(60);
    expect(calls).to.deep.equal([1_060]);
    whenQuiet({ since: () => 0, elapsed }, 100);
    expect(calls.length).to.equal(1);
    clock.tick(0);
    expect(calls.length).to.equal(2);
  });

  it('should wait anew whenever something happens, with one timer', () => {
    let last = performance.now();
    const set = sinon.spy(clock, 'setInterval');
    whenQuiet({ since: () => last, elapsed }, 100);
    for (let i = 0; i < 1_000; i++) {
      clock.tick(1);
      last = performance.now();
    }
    expect([calls, clock.countTimers()]).to.deep.equal([[], 1]);
    expect(set.callCount).to.be.lessThan(15);
    clock.tick(99);
    expect(calls).to.deep.equal([]);
    clock.tick(1);
    expect(calls).to.deep.equal([2_100]);
  });

  it('should stop waiting when it is unsubscribed from', () => {
    whenQuiet({ since: () => performance.now(), elapsed }, 100).unsubscribe();
    clock.tick(1_000);
    expect(calls).to.deep.equal([]);
  });

  it('should keep to its caller', () => {
    const watched = {
      last: 1_000,
      over: false,
      since() {
        return this.last;
      },
      elapsed() {
        this.over = true;
      },
    };
    whenQuiet(watched, 100);
    clock.tick(100);
    expect(watched.over).to.equal(true);
  });

  for (const [way, time] of [
    ['back', 1_000],
    ['forward', 9_000_000],
  ] as const) {
    it(`should wait as long whether or not the wall clock is set ${way}`, () => {
      let last = 1_000;
      whenQuiet({ since: () => last, elapsed }, 100);
      clock.tick(50);
      clock.setSystemTime(time);
      last = performance.now();
      clock.tick(50);
      clock.setSystemTime(1_000_000);
      clock.tick(49);
      expect(calls).to.deep.equal([]);
      clock.tick(1);
      expect(calls).to.deep.equal([1_150]);
    });
  }

  it('should end a wait in which nothing happened, though fake timers have not replaced the monotonic clock', () => {
    clock.restore();
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['setInterval', 'clearInterval', 'Date'] });
    const last = performance.now();
    whenQuiet({ since: () => last, elapsed }, 60_000);
    clock.tick(59_000);
    expect(calls.length).to.equal(0);
    clock.tick(1_000);
    expect(calls.length).to.equal(1);
  });

  it('should run in virtual time', () => {
    new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(
      ({ cold, expectObservable }) => {
        let last = asyncScheduler.now();
        cold('--x--x|').subscribe(() => (last = asyncScheduler.now()));
        const done = new Observable((observer) => {
          const elapsed = () => {
            observer.next('u');
            observer.complete();
          };
          return whenQuiet({ since: () => last, elapsed }, 10);
        });
        expectObservable(done).toBe('15ms (u|)');
      },
    );
  });
});
