import { expect } from 'chai';
import fc from 'fast-check';
import type { ObservableInput } from 'rxjs';
import {
  BehaviorSubject,
  EMPTY,
  NEVER,
  Observable,
  Subject,
  concatMap,
  delay,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
  scan,
  take,
  throwError,
  timer,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import sinon from 'sinon';
import type { MqttError } from '../../lib/errors.js';
import {
  ConnectionFailedError,
  ConnectionLostError,
  ConnectionRefusedError,
  InvalidOptionsError,
} from '../../lib/errors.js';
import type { ConnectionFailure } from '../../lib/stream/ConnectionFailure.js';
import type { BackoffOptions, RetryNotifier } from '../../lib/stream/backoff.js';
import { backoff, reconnect } from '../../lib/stream/backoff.js';

const lost = new ConnectionLostError('lost');
const failure = (error: MqttError = lost, uptime = 0): ConnectionFailure => ({ error, attempt: 1, uptime });

/** Runs in virtual time. */
function virtually(run: Parameters<TestScheduler['run']>[0]): void {
  new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(run);
}

/** Chance that is none. */
function chances(...row: number[]): () => number {
  return () => row.shift()!;
}

/** The delays that a backoff says to a row of failures with these uptimes. */
function delays(options: BackoffOptions, uptimes: readonly number[]): number[] {
  const said: number[] = [];
  const clock = sinon.useFakeTimers();
  try {
    const failures = new Subject<ConnectionFailure>();
    const answered = sinon.spy();
    backoff(options)(failures).subscribe(answered);
    uptimes.forEach((uptime, i) => {
      const asked = clock.now;
      failures.next({ ...failure(lost, uptime), retryIn: (ms) => said.push(ms) });
      clock.runAll();
      expect(answered.callCount).to.equal(i + 1);
      expect(clock.now - asked).to.equal(said.at(-1));
    });
  } finally {
    clock.restore();
  }
  return said;
}

describe('backoff', () => {
  afterEach(() => sinon.restore());

  const tables: [string, BackoffOptions, number[], number[]][] = [
    ['doubles up to 30 s', { jitter: 0 }, [0, 0, 0, 0, 0, 0, 0], [1e3, 2e3, 4e3, 8e3, 16e3, 30e3, 30e3]],
    ['min, max, factor', { jitter: 0, min: 10, max: 100, factor: 3 }, [0, 0, 0, 0], [10, 30, 90, 100]],
    ['a constant delay', { jitter: 0, min: 50, factor: 1 }, [0, 0, 0], [50, 50, 50]],
    ['no delay at all', { jitter: 0.5, min: 0, factor: 1e300 }, [0, 0, 0], [0, 0, 0]],
    ['delays after a drop', { jitter: 0 }, [9e9], [1e3]],
    ['starts anew when stable', { jitter: 0 }, [0, 0, 5_000, 0], [1e3, 2e3, 1e3, 2e3]],
    ['grows while the link flaps', { jitter: 0 }, [4_999, 1, 4_999, 0], [1e3, 2e3, 4e3, 8e3]],
    ['stableAfter 0 still needs a link', { jitter: 0, stableAfter: 0 }, [0, 0, 1, 0, 0], [1e3, 2e3, 1e3, 2e3, 4e3]],
    ['lowest chance', { random: () => 0 }, [0, 0, 0], [750, 1500, 3000]],
    ['highest chance, capped', { random: () => 0.999999, max: 2_500, jitter: 2 }, [0, 0], [2e3, 2500]],
    ['never less than before', { factor: 1, random: chances(0.9, 0.1, 0.1) }, [0, 0, 5_000], [1200, 1200, 800]],
    ['explicit undefined is the default', { jitter: 0, min: undefined, random: undefined }, [0, 0], [1e3, 2e3]],
  ];
  for (const [what, options, uptimes, expected] of tables) {
    it(`should wait as its options say: ${what}`, () => {
      const said = delays(options, uptimes);
      expect(said).to.deep.equal(expected);
    });
  }

  it('should jitter within the band, never wait less than before, nor more than max', () => {
    const options = fc.record({
      min: fc.integer({ min: 0, max: 5_000 }),
      max: fc.integer({ min: 5_000, max: 100_000 }),
      factor: fc.double({ min: 1, max: 5, noNaN: true }),
      jitter: fc.double({ min: 0, max: 2, noNaN: true }),
    });
    const rows = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(options, rows, ({ min, max, factor, jitter }, row) => {
        const said: number[] = [];
        const [failures, wake$] = [new Subject<ConnectionFailure>(), new Subject()];
        backoff({ min, max, factor, jitter, wake$, random: () => row[said.length]! })(failures).subscribe();
        for (let i = 0; i < row.length; i += 1) {
          failures.next({ ...failure(), retryIn: (ms) => said.push(ms) });
          wake$.next('up'); // ends the wait: a fake clock for each run would cost ten times as much
        }
        said.forEach((ms, n) => {
          const exact = Math.min(max, min * factor ** n);
          const before = said[n - 1] ?? 0;
          expect(ms).to.be.at.least(before).and.at.most(max);
          expect(ms).to.be.at.least(Math.min(max, exact * (1 - jitter / 2)) - 0.5 - 1e-6);
          expect(ms).to.be.at.most(Math.max(before, exact * (1 + jitter / 2)) + 0.5 + 1e-6);
        });
      }),
      { numRuns: 200, interruptAfterTimeLimit: 5_000 }, // for the shrinking
    );
  });

  it('should start every subscription from the beginning', () => {
    virtually(({ cold, expectObservable }) => {
      const notifier = backoff({ jitter: 0, min: 2, max: 8 });
      for (let i = 0; i < 2; i += 1) {
        const failures = cold('a-----b-----c', undefined).pipe(map(() => failure()));
        expectObservable(notifier(failures).pipe(map(() => 'r'))).toBe('--r-------r---------r');
      }
    });
  });

  it('should emit once for each failure, at its delay', () => {
    virtually(({ cold, expectObservable }) => {
      const failures = cold('a---b---|').pipe(map(() => failure()));
      const answers = backoff({ jitter: 0, min: 2, factor: 1 })(failures);
      expectObservable(answers.pipe(map(() => 'r'))).toBe('--r---r-|');
    });
  });

  for (const returnCode of [1, 2, 4, 5]) {
    it(`should error at once, without a wait, at CONNACK ${returnCode}`, () => {
      const refused = new ConnectionRefusedError(returnCode);
      virtually(({ cold, expectObservable }) => {
        expectObservable(backoff()(cold('-a', { a: failure(refused) }))).toBe('-#', undefined, refused);
      });
    });
  }

  it('should try again at CONNACK 3', () => {
    virtually(({ cold, expectObservable }) => {
      const failures = cold('a|', { a: failure(new ConnectionRefusedError(3)) });
      expectObservable(backoff({ jitter: 0, min: 5 })(failures).pipe(map(() => 'r'))).toBe('-----(r|)');
    });
  });

  it('should let isRetryable decide, both ways', () => {
    const isRetryable = (error: MqttError) => error.code === 'CONNECTION_REFUSED';
    virtually(({ cold, expectObservable }) => {
      const failures = cold('a-----b', { a: failure(new ConnectionRefusedError(5)), b: failure() });
      const answers = backoff({ isRetryable, jitter: 0, min: 2 })(failures);
      expectObservable(answers.pipe(map(() => 'r'))).toBe('--r---#', undefined, lost);
    });
  });

  it('should give up after `retries` in a row, and count anew after a stable connection', () => {
    virtually(({ cold, expectObservable }) => {
      const failures = cold('a--b--c--d--e', {
        a: failure(),
        b: failure(lost, 9),
        c: failure(lost, 10),
        d: failure(),
        e: failure(),
      });
      const answers = backoff({ retries: 2, stableAfter: 10, jitter: 0, min: 1, factor: 1 })(failures);
      expectObservable(answers.pipe(map(() => 'r'))).toBe('-r--r--r--r-#', undefined, lost);
    });
  });

  it('should never try again with retries: 0', () => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(backoff({ retries: 0 })(cold('-a', { a: failure() }))).toBe('-#', undefined, lost);
    });
  });

  it('should cut a wait short when wake$ emits, and ignore it outside a wait', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const failures = cold(' a-------b---------|').pipe(map(() => failure()));
      const wake$ = cold('    ---w-w-----w-w');
      const answers = backoff({ jitter: 0, min: 5, factor: 1, wake$ })(failures);
      expectObservable(answers.pipe(map(() => 'r'))).toBe('---r-------r------|');
      expectSubscriptions(wake$.subscriptions).toBe('^-----------------!');
    });
  });

  it('should not take a value replayed by wake$ for a wake-up', () => {
    virtually(({ cold, expectObservable }) => {
      const failures = cold('a----a---').pipe(map(() => failure()));
      const answers = backoff({ jitter: 0, min: 3, factor: 1, wake$: new BehaviorSubject(true) })(failures);
      expectObservable(answers.pipe(map(() => 'r'))).toBe('---r----r');
    });
  });

  for (const [end, marble] of [
    ['error', '-#'],
    ['completion', '-|'],
  ] as const) {
    it(`should go on waiting after the ${end} of wake$`, () => {
      virtually(({ cold, expectObservable }) => {
        const failures = cold('a----a---').pipe(map(() => failure()));
        const answers = backoff({ jitter: 0, min: 3, factor: 1, wake$: cold(marble) })(failures);
        expectObservable(answers.pipe(map(() => 'r'))).toBe('---r----r');
      });
    });
  }

  it('should leave neither timer nor wake$ behind when it is unsubscribed', () => {
    const clock = sinon.useFakeTimers();
    const [failures, wake$] = [new Subject<ConnectionFailure>(), new Subject()];
    const subscription = backoff({ wake$ })(failures).subscribe();
    failures.next(failure());
    expect([clock.countTimers(), wake$.observed]).to.deep.equal([1, true]);
    subscription.unsubscribe();
    expect([clock.countTimers(), wake$.observed, failures.observed]).to.deep.equal([0, false, false]);
  });

  const wrong: [keyof BackoffOptions, unknown, BackoffOptions?][] = [
    ['min', -1],
    ['min', NaN],
    ['min', '5'],
    ['max', 10, { min: 11 }],
    ['max', 2 ** 31],
    ['factor', 0.9],
    ['factor', Infinity],
    ['jitter', -0.1],
    ['jitter', 2.1],
    ['retries', -1],
    ['retries', NaN],
    ['stableAfter', -1],
    ['isRetryable', true],
    ['wake$', 'online'],
    ['random', 4],
  ];
  for (const [option, value, more] of wrong) {
    it(`should throw when it is made with ${option}: ${String(value)}`, () => {
      expect(() => backoff({ ...more, [option]: value }))
        .to.throw(InvalidOptionsError)
        .with.property('option', option);
    });
  }
});

describe('reconnect', () => {
  afterEach(() => sinon.restore());

  /** A source whose attempts are told to fail, and which knows how many are open. */
  function attempts() {
    const opened: Subject<never>[] = [];
    const log: string[] = [];
    let open = 0;
    const source$ = new Observable<string>((subscriber) => {
      const attempt = new Subject<never>();
      opened.push(attempt);
      open += 1;
      log.push(`open ${open}`);
      subscriber.next(`connection ${opened.length}`);
      subscriber.add(attempt.subscribe(subscriber));
      return () => log.push(`closed, ${(open -= 1)} open`);
    });
    return { source$, opened, log, fail: (error = failure()) => opened.at(-1)!.error(error), open: () => open };
  }

  function watch(notifier: RetryNotifier) {
    const source = attempts();
    const [next, error, complete] = [sinon.spy(), sinon.spy(), sinon.spy()];
    const subscription = source.source$.pipe(reconnect(notifier)).subscribe({ next, error, complete });
    return { ...source, next, error, complete, subscription };
  }

  it('should subscribe again when the notifier says so', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('x--#', undefined, failure());
      expectObservable(source.pipe(reconnect((failures) => failures.pipe(delay(2)))), '^-------!').toBe('x----x---');
      expectSubscriptions(source.subscriptions).toBe(['^--!', '-----^--!']);
    });
  });

  it('should work with backoff, which completes nothing and gives up in the end', () => {
    virtually(({ cold, expectObservable }) => {
      const source = cold('x#', undefined, failure());
      const gaveUp$ = source.pipe(reconnect(backoff({ jitter: 0, min: 2, retries: 2 })));
      expectObservable(gaveUp$).toBe('x--x----x#', undefined, lost);
    });
  });

  const chatty: [string, RetryNotifier][] = [
    ['at once', (failures) => failures.pipe(mergeMap(() => of(1, 2)))],
    ['later', (failures) => failures.pipe(mergeMap(() => timer(0, 10).pipe(take(3))))],
    ['without a failure', (failures) => merge(failures, timer(5, 5).pipe(take(5)))],
  ];
  for (const [when, notifier] of chatty) {
    it(`should never hold two connections when the notifier emits again ${when}`, () => {
      const clock = sinon.useFakeTimers();
      const watched = watch(notifier);
      watched.fail();
      clock.runAll();
      expect([watched.opened.length, watched.open()]).to.deep.equal([2, 1]);
      watched.fail();
      clock.runAll();
      expect([watched.opened.length, watched.open()]).to.deep.equal([3, 1]);
      watched.subscription.unsubscribe();
    });
  }

  it('should call the notifier once, so that it can count', () => {
    const notifier = sinon.spy((failures: Observable<ConnectionFailure>) => failures.pipe(scan((n) => n + 1, 0)));
    const watched = watch(notifier);
    watched.fail();
    watched.fail();
    expect([notifier.callCount, watched.opened.length]).to.deep.equal([1, 3]);
  });

  const mine = new ConnectionRefusedError(5);
  const other = new TypeError('oops');
  const endings: [string, RetryNotifier, (error: Error) => boolean][] = [
    ['its own MqttError', () => throwError(() => mine), (error) => error === mine],
    ['a failure', (failures) => failures.pipe(map((f) => raise(f))), (error) => error === lost],
    ['another error', () => throwError(() => other), (error) => isWrapped(error)],
    ['undefined', () => throwError(() => undefined), (error) => error instanceof ConnectionFailedError],
    ['a throw', () => raise(other), (error) => isWrapped(error)],
    [
      'no Observable',
      () => 5 as unknown as ObservableInput<unknown>,
      (error) => error instanceof ConnectionFailedError,
    ],
    ['completion', () => EMPTY, (error) => error === lost],
    ['late completion', (failures) => failures.pipe(take(1), ignoreElements()), (error) => error === lost],
  ];
  for (const [what, notifier, isRight] of endings) {
    it(`should end with an MqttError when the notifier answers with ${what}`, () => {
      const { fail, error, complete, open } = watch(notifier);
      fail();
      expect([error.callCount, complete.callCount, open()]).to.deep.equal([1, 0, 0]);
      expect(isRight(error.args[0]![0] as Error)).to.equal(true);
    });
  }

  it('should leave a live connection alone when the notifier completes, and end at its failure', () => {
    const watched = watch((failures) => failures.pipe(take(1)));
    watched.fail();
    expect([watched.opened.length, watched.open(), watched.error.callCount]).to.deep.equal([2, 1, 0]);
    const last = new ConnectionLostError('the last one');
    watched.fail(failure(last));
    expect(watched.error.args).to.deep.equal([[last]]);
  });

  it('should complete with the source', () => {
    const watched = watch(() => NEVER);
    watched.opened[0]!.complete();
    expect(watched.complete.callCount).to.equal(1);
  });

  it('should release source, notifier and failures when it is unsubscribed', () => {
    const clock = sinon.useFakeTimers();
    const online = watch(backoff());
    online.subscription.unsubscribe();
    expect(online.open()).to.equal(0);

    const waiting = watch(backoff());
    waiting.fail();
    expect(clock.countTimers()).to.equal(1);
    waiting.subscription.unsubscribe();
    expect([clock.countTimers(), waiting.open()]).to.deep.equal([0, 0]);
  });

  it('should keep the state of two subscriptions apart', () => {
    const { source$, opened } = attempts();
    const answer = new Subject();
    const shared$ = source$.pipe(reconnect((failures) => failures.pipe(concatMap(() => answer.pipe(take(1))))));
    shared$.subscribe();
    shared$.subscribe();
    opened[0]!.error(failure());
    answer.next(1);
    expect(opened.length).to.equal(3);
  });

  function raise(error: unknown): never {
    throw error;
  }

  function isWrapped(error: Error): boolean {
    return error instanceof ConnectionFailedError && error.cause === other;
  }
});
