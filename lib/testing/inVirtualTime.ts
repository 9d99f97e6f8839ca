import { type Observable, map } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import type { Message } from '../everywhere.js';

/** What `inVirtualTime` gives a test: the helpers of RxJS's `TestScheduler`, and one for messages. */
export interface VirtualTimeHelpers extends RunHelpers {
  /**
   * Expects messages, by their text, when the marbles say. It listens from frame 0 to the end of the marbles, and then
   * unsubscribes, so that the connection ends.
   *
   * @param show what of a message is compared. Default: its text
   */
  readonly expectTopic: <T extends Message<unknown>>(
    message$: Observable<T>,
    show?: (message: T) => unknown,
  ) => TopicExpectation;
}

/** What is expected of messages. */
export interface TopicExpectation {
  /**
   * Expects messages at the times of the marbles.
   *
   * @param values what the characters stand for. Default: themselves
   */
  readonly toBe: (marbles: string, values?: Readonly<Record<string, unknown>>, error?: unknown) => void;
}

/**
 * Runs a test in the virtual time of RxJS's `TestScheduler`: a frame is a millisecond, an hour takes no time.
 *
 * Time runs until nothing waits any more: whatever holds a connection must let go of it, as `expectTopic` does.
 *
 * @param deepEqual the assertion of the test runner: throws unless both are equal
 * @example
 * inVirtualTime(assert.deepEqual, ({ cold, expectTopic }) => {
 *   const broker = testBroker();
 *   cold('--a--b').subscribe((text) => broker.publish('house/temp', text));
 *   expectTopic(createClient(broker).topic$('house/temp')).toBe('--a--b');
 * });
 */
export function inVirtualTime<R>(
  deepEqual: (actual: unknown, expected: unknown) => void,
  test: (helpers: VirtualTimeHelpers) => R,
): R {
  return new TestScheduler((actual, expected) => deepEqual(actual, expected)).run((helpers) =>
    test({
      ...helpers,
      expectTopic: (message$, show = (message) => message.text()) => ({
        toBe(marbles, values, error) {
          // ^ takes a frame. Half a frame before the end: what comes at the end is not expected any more.
          const subscription = `^ ${Math.max(0, lengthOf(marbles) - 1.5)}ms !`;
          helpers.expectObservable(message$.pipe(map(show)), subscription).toBe(marbles, values, error);
        },
      }),
    }),
  );
}

/** Frames of marbles: when something behind them would come. */
function lengthOf(marbles: string): number {
  const all = TestScheduler.parseMarbles(`${marbles} ~`, undefined, undefined, false, true);
  return all.at(-1)!.frame;
}
