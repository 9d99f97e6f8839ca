import { asyncScheduler } from 'rxjs';

/**
 * A promise with a deadline.
 *
 * @param ms milliseconds
 * @param late makes the error with which the result is rejected when time is up; the promise itself goes on
 */
export function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = asyncScheduler.schedule(() => reject(late()), ms);
    promise.then(resolve, reject).finally(() => timer.unsubscribe());
  });
}
