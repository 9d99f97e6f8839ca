import { throwError } from 'rxjs';

/**
 * Reports an exception of the application as RxJS reports what `next` throws: later, to `config.onUnhandledError` or as an
 * uncaught one. Thrown where it comes up, that of a finalizer for one, it would end what is none of its business.
 */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
