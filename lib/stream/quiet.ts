import { Observable, type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';

/**
 * Waits until nothing has happened for a while. Cold; emits once and completes as soon as `since()` is `duration` ms ago;
 * never errors; unsubscribing stops the wait.
 *
 * @param since when it last happened, by `asyncScheduler.now()`
 * @param duration milliseconds
 */
export function quiet(since: () => number, duration: number): Observable<void> {
  return new Observable((subscriber) => {
    const elapsed = () => {
      subscriber.next();
      subscriber.complete();
    };
    return whenQuiet({ since, elapsed }, duration);
  });
}

/** Whoever waits. */
export interface Waiter {
  /** When it last happened, by `asyncScheduler.now()`. */
  since(): number;
  /** Called when nothing has happened for long enough. */
  elapsed(): void;
}

/**
 * `quiet` with a callback: as an Observable, what merely waits would be a third of the memory of an idle connection.
 *
 * One timer that is armed again when something happened meanwhile: what is waited for may happen a million times a
 * second. The clock may be set while it runs: no wait is longer than `duration`, and one in which nothing happened ends.
 */
export function whenQuiet(waiter: Waiter, duration: number): Subscription {
  const wait = { waiter, duration, last: waiter.since() };
  return asyncScheduler.schedule(look, Math.max(0, left(wait)), wait);
}

interface Wait {
  readonly waiter: Waiter;
  readonly duration: number;
  last: number;
}

const left = ({ last, duration }: Wait) => Math.min(duration, last + duration - asyncScheduler.now());

function look(this: SchedulerAction<Wait>, given?: Wait): void {
  const wait = given!;
  const since = wait.waiter.since();
  const happened = since !== wait.last;
  wait.last = since;
  if (happened && left(wait) > 0) this.schedule(wait, left(wait));
  else wait.waiter.elapsed();
}
