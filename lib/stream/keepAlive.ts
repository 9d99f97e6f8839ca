import { NEVER, Observable, type Subscription } from 'rxjs';
import { whenQuiet } from './quiet.js';

/** What the keep-alive watches. */
export interface Pulse {
  /** When something was last sent, by `asyncScheduler.now()`. */
  readonly lastSent: number;
  /** Sends PINGREQ; emits and completes on PINGRESP, errors when there is none. */
  readonly ping$: Observable<number>;
}

/**
 * Keeps a connection alive: pings when nothing was sent for `keepAlive` seconds [MQTT-3.1.2-23]. Cold; never emits or
 * completes; errors as `ping$` does when the server is silent; unsubscribing stops it.
 *
 * @param keepAlive seconds; 0 never pings
 */
export function keepAlive(pulse: Pulse, keepAlive: number): Observable<never> {
  if (keepAlive === 0) return NEVER;
  return new Observable((subscriber) => {
    let waiting: Subscription;
    const lastSent = () => pulse.lastSent;
    const ping = () => {
      const pinging = pulse.ping$.subscribe({ complete: wait, error: (error) => subscriber.error(error) });
      if (!pinging.closed) waiting = pinging; // an answer at once has begun the next wait already
    };
    const wait = () => {
      if (!subscriber.closed) waiting = whenQuiet(lastSent, keepAlive * 1_000, ping);
    };
    wait();
    return () => waiting.unsubscribe();
  });
}
