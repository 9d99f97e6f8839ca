import type { Observer } from 'rxjs';
import { reportUnhandled } from './reportUnhandled.js';

/** Ends a stream of the application, with an error if there is one. What its finalizers throw is reported, and ends nothing else. */
export function finish(observer: Pick<Observer<never>, 'error' | 'complete'>, error?: unknown): void {
  try {
    if (error === undefined) observer.complete();
    else observer.error(error);
  } catch (thrown) {
    reportUnhandled(thrown);
  }
}
