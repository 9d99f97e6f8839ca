import { Observable, asyncScheduler } from 'rxjs';

/**
 * A promise with a deadline. Cold; emits its value and completes; errors when it is rejected, or when time is up. Then, and
 * after an unsubscribe, the promise itself goes on.
 *
 * @param ms milliseconds
 * @param late makes the error for when time is up
 */
export function within<T>(promise: Promise<T>, ms: number, late: () => Error): Observable<T> {
  return new Observable((observer) => {
    observer.add(asyncScheduler.schedule(() => observer.error(late()), ms));
    promise.then(
      (value) => {
        observer.next(value);
        observer.complete();
      },
      (error: unknown) => observer.error(error),
    );
  });
}
