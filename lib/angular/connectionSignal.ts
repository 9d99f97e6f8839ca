import { DestroyRef, NgZone, type Signal, inject, signal } from '@angular/core';
import { EMPTY, asyncScheduler, interval, map, startWith, switchMap } from 'rxjs';
import type { ClientState } from '../everywhere.js';
import { type ClientPlace, inPlace } from './ClientPlace.js';

/** Where a client stands with its connection, as a signal. */
export type ConnectionSignal = Signal<ClientState> & {
  /** Whole seconds until the next attempt, counted down while the client waits for it; otherwise `undefined`. */
  readonly retryIn: Signal<number | undefined>;
};

/**
 * The state of a connection as a signal. It holds no connection: what listens or publishes does.
 *
 * @example
 * ```ts
 * readonly connection = connectionSignal();
 * // template: @if (connection.retryIn(); as seconds) { No connection. Trying again in {{ seconds }} s. }
 * ```
 */
export function connectionSignal(place: ClientPlace = {}): ConnectionSignal {
  return inPlace(place, connectionSignal, (client) => {
    const state = signal<ClientState>({ status: 'idle' });
    const retryIn = signal<number | undefined>(undefined);
    const countdown$ = client.state$.pipe(
      switchMap((now) => {
        state.set(now);
        retryIn.set(undefined);
        return now.status === 'waiting' && now.retryAt !== undefined ? secondsUntil(now.retryAt) : EMPTY;
      }),
    );
    const counting = inject(NgZone).runOutsideAngular(() => countdown$.subscribe((seconds) => retryIn.set(seconds)));
    inject(DestroyRef).onDestroy(() => counting.unsubscribe());
    return Object.assign(state.asReadonly(), { retryIn: retryIn.asReadonly() });
  });
}

function secondsUntil(moment: number) {
  const seconds = () => Math.max(0, Math.ceil((moment - asyncScheduler.now()) / 1_000));
  return interval(1_000).pipe(startWith(0), map(seconds));
}
