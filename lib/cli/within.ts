import { type MonoTypeOperatorFunction, NEVER, type Observable, map, takeUntil, timer } from 'rxjs';
import { TimedOutError } from './TimedOutError.js';

/** Errs with a `TimedOutError` when the source has not completed after so many seconds; `undefined`: any time. */
export function within<T>(seconds: number | undefined, what: string): MonoTypeOperatorFunction<T> {
  if (seconds === undefined) return (source$) => source$;
  const late$ = after(seconds).pipe(
    map(() => {
      throw new TimedOutError(`${what} within ${seconds} s`);
    }),
  );
  return takeUntil(late$); // which passes an error on
}

/** Emits after so many seconds; `undefined`: never. */
export function after(seconds: number | undefined): Observable<unknown> {
  return seconds === undefined ? NEVER : timer(seconds * 1_000);
}
