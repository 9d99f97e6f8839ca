import { Observable, type SchedulerAction, asyncScheduler } from 'rxjs';

/**
 * Waits until nothing has happened for a while. Cold; emits once and completes as soon as `since()` is `duration` ms ago;
 * never errors; unsubscribing stops the wait.
 *
 * One timer that is armed again when it fires too early: what is waited for may happen a million times a second.
 *
 * @param since when it last happened, by `asyncScheduler.now()`
 * @param duration milliseconds
 */
export function quiet(since: () => number, duration: number): Observable<void> {
  return new Observable((subscriber) => {
    const left = () => since() + duration - asyncScheduler.now();
    return asyncScheduler.schedule(
      function (this: SchedulerAction<unknown>) {
        const rest = left();
        // More than the whole duration is left only where somebody set the clock back: then the wait is over too.
        if (rest > 0 && rest <= duration) {
          this.schedule(undefined, rest);
          return;
        }
        subscriber.next();
        subscriber.complete();
      },
      Math.max(0, left()),
    );
  });
}
