import { NEVER, Observable } from 'rxjs';
import { quiet } from './quiet.js';

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
  const idle$ = quiet(() => pulse.lastSent, keepAlive * 1_000);
  return new Observable((subscriber) => {
    // By hand: as operators, what merely waits would be a third of the memory of an idle connection.
    const wait = () => subscriber.add(idle$.subscribe(ping));
    const ping = () => {
      subscriber.add(pulse.ping$.subscribe({ complete: wait, error: (error) => subscriber.error(error) }));
    };
    wait();
  });
}
