import { Subscription } from 'rxjs';
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
export function keepAlive(pulse: Pulse, interval: number): Subscription {
  const pinging = new Subscription();
  let waiting: Subscription | undefined;
  const since = () => Math.max(pulse.lastPing, Math.min(pulse.lastSent, pulse.lastReceived));
  const wait = () => {
    if (!pinging.closed) waiting = whenQuiet({ since, elapsed }, interval);
  };
  const elapsed = () => {
    pulse.ping();
    wait();
  };
  pinging.add(() => waiting?.unsubscribe());
  if (interval > 0) wait();
  return pinging;
}
