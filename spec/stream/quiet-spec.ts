import { expect } from 'chai';
import { asyncScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import sinon, { type SinonFakeTimers } from 'sinon';
import { quiet } from '../../lib/stream/quiet.js';
import { watch } from '../support/watch.js';

describe('quiet', () => {
  let clock: SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] })));
  afterEach(() => {
    const timers = clock.countTimers();
    clock.restore();
    expect(timers).to.equal(0);
  });

  it('should emit once and complete when nothing has happened for the duration', () => {
    const done = watch(quiet(() => 1_000_000, 100));
    clock.tick(99);
    expect(done.values.length).to.equal(0);
    clock.tick(1);
    expect([done.values.length, done.completed]).to.deep.equal([1, true]);
  });

  it('should count from what happened before it was subscribed to', () => {
    const done = watch(quiet(() => 999_960, 100));
    clock.tick(60);
    expect(done.completed).to.equal(true);
    const over = watch(quiet(() => 0, 100));
    clock.tick(0);
    expect(over.completed).to.equal(true);
  });

  it('should wait anew whenever something happens, with one timer', () => {
    let last = clock.now;
    const set = sinon.spy(clock, 'setInterval');
    const done = watch(quiet(() => last, 100));
    for (let i = 0; i < 1_000; i++) {
      clock.tick(1);
      last = clock.now;
    }
    expect([done.completed, clock.countTimers()]).to.deep.equal([false, 1]);
    expect(set.callCount).to.be.lessThan(15);
    clock.tick(99);
    expect(done.completed).to.equal(false);
    clock.tick(1);
    expect(done.completed).to.equal(true);
  });

  it('should stop waiting when it is unsubscribed from', () => {
    const done = watch(quiet(() => clock.now, 100));
    done.unsubscribe();
    clock.tick(1_000);
    expect(done.ends).to.equal(0);
  });

  it('should wait no longer because the clock was set back', () => {
    const done = watch(quiet(() => 1_000_000, 100));
    clock.tick(50);
    clock.setSystemTime(1_000);
    clock.tick(50);
    expect(done.completed).to.equal(true);
  });

  it('should wait no longer than the duration when the clock was set back before it began', () => {
    const last = clock.now;
    clock.setSystemTime(1_000);
    const done = watch(quiet(() => last, 100));
    clock.tick(100);
    expect(done.completed).to.equal(true);
  });

  it('should not take a clock that was set back for silence', () => {
    let last = clock.now;
    const done = watch(quiet(() => last, 100));
    clock.tick(50);
    last = clock.now;
    clock.setSystemTime(1_000);
    clock.tick(50);
    expect(done.completed).to.equal(false);
    clock.tick(100);
    expect(done.completed).to.equal(true);
  });

  it('should end no later because the clock was set forward', () => {
    const done = watch(quiet(() => 1_000_000, 100));
    clock.tick(50);
    clock.setSystemTime(9_000_000);
    clock.tick(50);
    expect(done.completed).to.equal(true);
  });

  it('should run in virtual time', () => {
    new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(
      ({ cold, expectObservable }) => {
        let last = asyncScheduler.now();
        cold('--x--x|').subscribe(() => (last = asyncScheduler.now()));
        const done = quiet(() => last, 10);
        expectObservable(done).toBe('15ms (u|)', { u: undefined });
      },
    );
  });
});
