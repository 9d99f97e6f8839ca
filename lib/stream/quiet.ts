import { type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';
import { monotonicNow } from './clock.js';

/** Something that is watched for silence. */
export interface Watched {
  /** When it last happened, by `monotonicNow()`. */
  since(): number;
  /** Called when it has not happened for long enough. */
  elapsed(): void;
}

/**
 * Calls back, once, as soon as `since()` is `duration` ms ago. Unsubscribing stops the wait.
 *
 * One timer that is armed again when something happened meanwhile, because what is watched may happen a million times a
 * second. A callback and no Observable: there may be thousands of idle connections that wait. A wait in which nothing
 * happened ends whatever the clock says: fake timers may not have replaced it.
 *
 * @param duration milliseconds
 */
export function whenQuiet(watched: Watched, duration: number): Subscription {
  const wait = { watched, duration, last: watched.since() };
  return asyncScheduler.schedule(look, Math.max(0, remaining(wait)), wait);
}

interface Wait {
  readonly watched: Watched;
  readonly duration: number;
  last: number;
}

function remaining({ last, duration }: Wait): number {
  return Math.min(duration, last + duration - monotonicNow());
}

function look(this: SchedulerAction<Wait>, given?: Wait): void {
  const wait = given!;
  const since = wait.watched.since();
  const happened = since !== wait.last;
  wait.last = since;
  if (happened && remaining(wait) > 0) this.schedule(wait, remaining(wait));
  else wait.watched.elapsed();
}
