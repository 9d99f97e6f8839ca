import type { Observable, Subscription } from 'rxjs';

/** What an Observable has done so far. */
export interface Watched<T> {
  readonly values: T[];
  /** What it errored with. */
  error: unknown;
  /** Errors and completions: never more than one. */
  ends: number;
  completed: boolean;
  readonly subscription: Subscription;
  unsubscribe(): void;
}

/** Subscribes, and keeps what comes. */
export function watch<T>(source: Observable<T>): Watched<T> {
  const watched = {
    values: [] as T[],
    error: undefined as unknown,
    ends: 0,
    completed: false,
    subscription: undefined as unknown as Subscription,
    unsubscribe: () => watched.subscription.unsubscribe(),
  };
  watched.subscription = source.subscribe({
    next: (value) => watched.values.push(value),
    error: (error: unknown) => {
      watched.error = error;
      watched.ends++;
    },
    complete: () => {
      watched.completed = true;
      watched.ends++;
    },
  });
  return watched;
}
