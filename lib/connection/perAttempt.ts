import { type Observable, catchError, defer, filter, from, isObservable, of, throwError, throwIfEmpty } from 'rxjs';
import { ConnectionFailedError, MqttError } from '../errors.js';

/** A value, or a function that is called for every connection attempt and returns one, or a Promise or Observable of one. */
export type PerAttempt<T> = T | (() => T | PromiseLike<T> | Observable<T>);

/**
 * The value for one attempt. Cold: subscribing calls the function, if it is one. Emits one value: of an Observable the
 * first, and that Observable stays subscribed as long as this one, for it may be a connection. Errors with an
 * `MqttError`: a `ConnectionFailedError` when the function, Promise or Observable fails or gives nothing.
 *
 * @param option the option's name, for the error
 */
export function perAttempt<T>(option: string, value: PerAttempt<T>): Observable<T> {
  return defer(() => {
    const returned = typeof value === 'function' ? (value as () => unknown)() : value;
    if (typeof value === 'function' && isObservable(returned)) return returned as Observable<T>;
    return isPromiseLike<T>(returned) ? from(returned) : of(returned as T);
  }).pipe(
    throwIfEmpty(() => new Error('the Observable completed without a value')),
    filter((_, index) => index === 0),
    catchError((cause: unknown) =>
      throwError(() =>
        cause instanceof MqttError
          ? cause
          : new ConnectionFailedError(`option ${option}: its function failed for this attempt`, { cause }),
      ),
    ),
  );
}

function isPromiseLike<T>(value: unknown): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === 'function';
}
