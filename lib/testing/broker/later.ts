import { type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';
import { LONGEST_TIMER } from '../../stream/checkOption.js';

/** Calls back after a time, in RxJS time, however long it is. */
export function later(milliseconds: number, work: () => void): Subscription {
  const step = (wait: number) => Math.min(wait, LONGEST_TIMER);
  return asyncScheduler.schedule(
    function (this: SchedulerAction<number>, wait) {
      const left = wait! - step(wait!);
      if (left > 0) this.schedule(left, step(left));
      else work();
    },
    step(milliseconds),
    milliseconds,
  );
}
