import type { Observable, Subscription, Unsubscribable } from 'rxjs';
import { whenQuiet } from './quiet.js';

/** What the keep-alive watches. */
export interface Pulse {
  /** When something was last sent, by `asyncScheduler.now()`. */
  readonly lastSent: number;
  /** Sends PINGREQ; emits and completes on PINGRESP, errors when there is none. */
  readonly ping$: Observable<number>;
}

/**
 * Keeps a connection alive: pings when nothing was sent for `keepAlive` seconds [MQTT-3.1.2-23], until it is
 * unsubscribed or a ping errs: a silent server has failed the connection by then.
 *
 * Not an Observable, for `whenQuiet`'s reason.
 *
 * @param keepAlive seconds; 0 never pings
 */
export function keepAlive(pulse: Pulse, keepAlive: number): Unsubscribable {
  return new Pinging(pulse, keepAlive * 1_000);
}

/** An object, not closures: there may be thousands that wait. It observes its pings. */
class Pinging implements Unsubscribable {
  private waiting: Subscription | undefined = undefined;
  private over = false;

  constructor(
    private readonly pulse: Pulse,
    private readonly duration: number,
  ) {
    if (duration > 0) this.complete();
  }

  unsubscribe(): void {
    this.over = true;
    this.waiting?.unsubscribe();
  }

  error(): void {
    // What the ping errs with is what ended the connection.
  }

  /** PINGRESP came: waits for the next time. */
  complete(): void {
    if (!this.over) this.waiting = whenQuiet(this, this.duration);
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
