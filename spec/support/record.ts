import { type Observable, ReplaySubject, firstValueFrom, take, takeWhile, toArray } from 'rxjs';

/** What a stream has emitted since `record`. */
export interface Recording<T> {
  /** Resolves with the first `count` values, or with fewer if the stream completes; rejects with its error. */
  first(count: number): Promise<T[]>;
  /** Resolves with all values up to the first one that fits, that one included. */
  until(fits: (value: T) => boolean): Promise<T[]>;
  /** Unsubscribes. */
  stop(): void;
}

/** Subscribes at once, and keeps everything. */
export function record<T>(source: Observable<T>): Recording<T> {
  const all$ = new ReplaySubject<T>();
  const subscription = source.subscribe(all$);
  return {
    first: (count) => firstValueFrom(all$.pipe(take(count), toArray())),
    until: (fits) =>
      firstValueFrom(
        all$.pipe(
          takeWhile((value) => !fits(value), true),
          toArray(),
        ),
      ),
    stop: () => subscription.unsubscribe(),
  };
}
