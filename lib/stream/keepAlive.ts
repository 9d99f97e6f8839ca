import { NEVER, Observable, type Subscriber, type Subscription, type Unsubscribable } from 'rxjs';
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
    const pinging = new Pinging(pulse, keepAlive * 1_000, subscriber);
    pinging.complete();
    return pinging;
  });
}

/** One subscription, and the observer of its pings. An object, not closures: there may be thousands that wait. */
class Pinging implements Unsubscribable {
  private waiting: Subscription | undefined = undefined;

  constructor(
    private readonly pulse: Pulse,
    private readonly duration: number,
    private readonly subscriber: Subscriber<never>,
  ) {}

  unsubscribe(): void {
    this.waiting?.unsubscribe();
  }

  error(error: unknown): void {
    this.subscriber.error(error);
  }

  /** PINGRESP came: waits for the next time. */
  complete(): void {
    if (!this.subscriber.closed) this.waiting = whenQuiet(this, this.duration);
  }

  /** For `whenQuiet`. */
  since(): number {
    return this.pulse.lastSent;
  }

  /** For `whenQuiet`. */
  elapsed(): void {
    const pinging = this.pulse.ping$.subscribe(this);
    if (!pinging.closed) this.waiting = pinging; // an answer at once has begun the next wait already
  }
}
