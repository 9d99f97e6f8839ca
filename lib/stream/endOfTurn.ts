import { Subscription, asapScheduler } from 'rxjs';
import { isVirtualTime } from './clock.js';

const resolved = /* @__PURE__ */ Promise.resolve();

/**
 * Calls back when the code that runs now is done, before timers and I/O. Unsubscribing prevents it.
 *
 * It is a microtask of its own. A queue that is shared with the application, as that of `asapScheduler`, drops what is
 * behind an action that throws. Only virtual time, where no microtask runs, needs that scheduler.
 */
export function endOfTurn(callback: () => void): Subscription {
  if (isVirtualTime()) return asapScheduler.schedule(callback);
  const waiting = new Subscription();
  void resolved.then(() => {
    if (waiting.closed) return;
    waiting.unsubscribe();
    callback();
  });
  return waiting;
}
