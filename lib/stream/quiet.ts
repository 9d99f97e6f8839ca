import { Observable, type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';

/**
 * Waits until nothing has happened for a while. Cold; emits once and completes as soon as `since()` is `duration` ms ago;
 * never errors; unsubscribing stops the wait.
 *
 * @param since when it last happened, by `asyncScheduler.now()`
 * @param duration milliseconds
 */
export function quiet(since: () => number, duration: number): Observable<void> {
  return new Observable((subscriber) =>
    whenQuiet(since, duration, () => {
      subscriber.next();
      subscriber.complete();
    }),
  );
}

/**
 * `quiet` with a callback: as an Observable, what merely waits would be a third of the memory of an idle connection.
 *
 * One timer that is armed again when something happened meanwhile: what is waited for may happen a million times a
 * second. The clock may be set while it runs: no wait is longer than `duration`, and one in which nothing happened ends.
 */
export function whenQuiet(since: () => number, duration: number, then: () => void): Subscription {
  let last = since();
  const left = () => Math.min(duration, last + duration - asyncScheduler.now());
  return asyncScheduler.schedule(
    function (this: SchedulerAction<unknown>) {
      const happened = since() !== last;
      last = since();
      if (happened && left() > 0) this.schedule(undefined, left());
      else then();
    },
    Math.max(0, left()),
  );
}
