import type { Unsubscribable } from 'rxjs';
import { reportUnhandled } from './reportUnhandled.js';

/** Unsubscribes from a stream of the application. What its finalizers throw is reported, and keeps nothing else from being released. */
export function letGo(subscription: Unsubscribable | undefined): void {
  try {
    subscription?.unsubscribe();
  } catch (thrown) {
    reportUnhandled(thrown);
  }
}
