import type { Subscription, Unsubscribable } from 'rxjs';
import { whenQuiet } from './quiet.js';

/** The signs of life of a connection, by `monotonicNow()`. */
export interface Pulse {
  /** When bytes were last sent. */
  readonly lastSent: number;
  /** When bytes last came. */
  readonly lastReceived: number;
  /** When PINGREQ was last sent; 0 if never. */
  readonly lastPing: number;
  /** Sends PINGREQ. */
  ping(): void;
}

/**
 * Keeps a connection alive: pings after `interval` ms of silence in either direction [MQTT-3.1.2-23], whether or not the
 * last ping was answered, until it is unsubscribed. Silence of the server alone counts as well: a client that only
 * publishes would never notice that its peer is gone.
 *
 * @param interval milliseconds; 0 never pings
 */
export function keepAlive(pulse: Pulse, interval: number): Unsubscribable {
  const pinging = new Pinging(pulse, interval);
  if (interval > 0) pinging.wait();
  return pinging;
}

/** An object, not closures: there may be thousands of idle connections. */
class Pinging implements Unsubscribable {
  private waiting: Subscription | undefined = undefined;
  private isOver = false;

  constructor(
    private readonly pulse: Pulse,
    private readonly interval: number,
  ) {}

  wait(): void {
    if (!this.isOver) this.waiting = whenQuiet(this, this.interval);
  }

  unsubscribe(): void {
    this.isOver = true;
    this.waiting?.unsubscribe();
  }

  // ─── for `whenQuiet` ───

  since(): number {
    const { lastPing, lastSent, lastReceived } = this.pulse;
    return Math.max(lastPing, Math.min(lastSent, lastReceived));
  }

  elapsed(): void {
    this.pulse.ping();
    this.wait();
  }
}
