import type { MqttError } from '../errors.js';

/** Why an attempt to be connected ended: what a {@link RetryNotifier} hears of, once for each attempt that failed. */
export interface ConnectionFailure {
  /** What went wrong. */
  readonly error: MqttError;
  /** The number of the attempt that this failure ended: 1-based, counted from the last connection that was up. */
  readonly attempt: number;
  /** Milliseconds that the connection was up before it failed; 0 if it never was. */
  readonly uptime: number;
  /** A notifier that knows how long it will wait says so here, in milliseconds; `state$` then shows it. */
  retryIn?(delay: number): void;
}
