import {
  Observable,
  Subject,
  defer,
  finalize,
  isObservable,
  merge,
  mergeMap,
  retryWhen,
  take,
  throwError,
  timer,
} from 'rxjs';
import type { MonoTypeOperatorFunction, ObservableInput } from 'rxjs';
import { ConnectionFailedError, InvalidOptionsError, MqttError, isFatal } from '../errors.js';
import { LONGEST_TIMER, checkOption, checkRange } from './checkOption.js';
import type { ConnectionFailure } from './ConnectionFailure.js';

/**
 * Decides when to connect again; exactly what RxJS's `retryWhen` takes. Called at the first failure. Each value it emits
 * answers the failure before it with another attempt (a second value for the same failure does nothing); its error ends
 * the connection with that error; after its completion the next failure, or the one it left unanswered, is final.
 */
export interface RetryNotifier {
  (failures: Observable<ConnectionFailure>): ObservableInput<unknown>;
  /** Milliseconds that a connection must have lasted to count as stable. Default 5,000. */
  readonly stableAfter?: number | undefined;
}

/** What {@link backoff} makes. */
export interface Backoff extends RetryNotifier {
  (failures: Observable<ConnectionFailure>): Observable<unknown>;
  readonly stableAfter: number;
}

/** Milliseconds that a connection must have lasted to count as stable, unless options say otherwise. */
export const STABLE_AFTER = 5_000;

/** How {@link backoff} waits. */
export interface BackoffOptions {
  /** The first delay in milliseconds. Default 1,000; at least 0, and 0 never waits. */
  readonly min?: number | undefined;
  /** No delay is longer, in milliseconds. Default 30,000; at least `min`, at most 2,147,483,647 (24 days). */
  readonly max?: number | undefined;
  /** Each delay is this many times the one before. Default 2; at least 1, and 1 keeps the delay constant. */
  readonly factor?: number | undefined;
  /** Width of the random band around a delay: ±`jitter`/2 of it. Default 0.5; 0 (exact) to 2. */
  readonly jitter?: number | undefined;
  /** Attempts in a row without a stable connection before giving up. Default `Infinity`; 0 never tries again. */
  readonly retries?: number | undefined;
  /** A connection up for as many milliseconds starts the delays anew. Default 5,000; 0: any connection that was up. */
  readonly stableAfter?: number | undefined;
  /** Whether another attempt can help. Default: all but the errors that `isFatal` names. */
  readonly isRetryable?: ((error: MqttError) => boolean) | undefined;
  /**
   * Each value cuts the present wait short, say `fromEvent(window, 'online')`; values that come outside a wait do
   * nothing. Subscribed once, from the first failure until the connection is given up. After its error or completion no
   * wait is cut short any more, and nothing else changes: a stream that fails must not take the connection with it.
   */
  readonly wake$?: Observable<unknown> | undefined;
  /** Where chance comes from: a number of at least 0 and below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * Makes a {@link RetryNotifier} that waits longer after each failure: `min`·`factor`ⁿ, jittered, in whole milliseconds, never
 * above `max`, never below the delay before. The delays start anew only after a connection that lasted `stableAfter`, so that a broker
 * that accepts and drops is not hammered; the first attempt after a drop is delayed too, so that a fleet does not storm
 * a broker that restarts. The stream it returns is cold, each subscription counts for itself; it emits once for each
 * failure, errors with the failure's error when that cannot be retried or `retries` are used up, and completes with the
 * failures. Unsubscribing ends the wait.
 *
 * @throws {InvalidOptionsError} naming the option
 */
export function backoff(options: BackoffOptions = {}): Backoff {
  checkOption(typeof options === 'object', 'backoff', 'an object such as { min: 1_000 }', options);
  const {
    min = 1_000,
    max = 30_000,
    factor = 2,
    jitter = 0.5,
    retries = Infinity,
    stableAfter = STABLE_AFTER,
    isRetryable = (error: MqttError) => !isFatal(error),
    wake$,
    random = Math.random,
    ...others
  } = options;
  for (const option of Object.keys(others)) throw new InvalidOptionsError(option, 'backoff has no such option');
  checkRange({ min }, 0, LONGEST_TIMER);
  checkRange({ max }, min, LONGEST_TIMER);
  checkRange({ factor }, 1, Number.MAX_VALUE);
  checkRange({ jitter }, 0, 2);
  checkRange({ retries, stableAfter }, 0, Infinity);
  for (const [option, value] of Object.entries({ isRetryable, random })) {
    checkOption(typeof value === 'function', option, 'a function', value);
  }
  checkOption(wake$ === undefined || isObservable(wake$), 'wake$', 'an Observable', wake$);

  const notifier = (failures: Observable<ConnectionFailure>) =>
    defer(() => {
      let tries = 0;
      let exact = min; // grows by products and not by a power: 0 · Infinity would be NaN
      let previous = 0;
      const woken$ = new Subject<unknown>();
      // Held throughout and not once per wait: a stream that replays its last value would cut every wait short.
      const waking = wake$?.subscribe({ next: (value) => woken$.next(value), error: () => undefined });

      const nextDelay = () => {
        const delay = Math.round(exact * (1 + jitter * (random() - 0.5)));
        exact = Math.min(max, exact * factor);
        return (previous = Math.min(max, Math.max(previous, delay)));
      };

      return failures.pipe(
        mergeMap((failure) => {
          // An uptime of 0 is a connection that never was: with `stableAfter: 0` it must not start the delays anew.
          if (failure.uptime > 0 && failure.uptime >= stableAfter) {
            tries = 0;
            exact = min;
            previous = 0;
          }
          if (!isRetryable(failure.error) || tries >= retries) return throwError(() => failure.error);
          tries += 1;
          const delay = nextDelay();
          failure.retryIn?.(delay);
          return merge(timer(delay), woken$).pipe(take(1));
        }),
        finalize(() => waking?.unsubscribe()),
      );
    });
  return Object.assign(notifier, { stableAfter });
}

/**
 * Subscribes again to a source that failed with a {@link ConnectionFailure}, when the notifier says so. Cold, state per
 * subscription. Emits what the source emits; completes with the source; errors with an `MqttError`: the one the notifier
 * errs with (a failure counts as its `error`), a `ConnectionFailedError` with anything else as its `cause`, or, when
 * the notifier has completed, the error of the failure nobody answered. Unsubscribing leaves source and notifier.
 *
 * The source must have released what it holds when it errs: `retryWhen` tears it down after the notifier has run, so that
 * an answer given at once would dial while the old connection is open. (`catchError` in front would do it for any source,
 * and is a twentieth of what an idle client holds.)
 */
export function reconnect<T>(notifier: RetryNotifier): MonoTypeOperatorFunction<T> {
  // `retry({ delay })` calls its notifier anew for each failure, and a notifier could not keep count.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return retryWhen((failures: Observable<ConnectionFailure>) => answers(notifier, failures));
}

/** What the notifier says, one answer at the most for each failure, and errors that are our own. */
function answers(notifier: RetryNotifier, failures: Observable<ConnectionFailure>): Observable<unknown> {
  return new Observable((subscriber) => {
    let unanswered: ConnectionFailure | undefined;
    let isOver = false;
    const error = (cause: unknown) => subscriber.error(asMqttError(cause));
    // First, so told first.
    const hearing = failures.subscribe((failure) => {
      unanswered = failure;
      if (isOver) error(failure);
    });
    const next = (answer: unknown) => {
      // Another value with no failure waiting would make a second live connection with the same client id.
      if (!unanswered) return;
      unanswered = undefined;
      subscriber.next(answer);
    };
    // `retryWhen` would complete as well, and callers that wait for the connection would never hear why.
    const complete = () => {
      isOver = true;
      if (unanswered) error(unanswered);
    };
    subscriber.add(hearing);
    subscriber.add(defer(() => notifier(failures)).subscribe({ next, error, complete }));
  });
}

function asMqttError(error: unknown): MqttError {
  if (error instanceof MqttError) return error;
  const inner = (error as Partial<ConnectionFailure> | null | undefined)?.error;
  if (inner instanceof MqttError) return inner;
  return new ConnectionFailedError('the `retryWhen` notifier failed, see the cause', { cause: error });
}
