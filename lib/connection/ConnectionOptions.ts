import type { RetryNotifier } from '../stream/backoff.js';
import type { PerAttempt } from './perAttempt.js';

/** A message that the server publishes when this client vanishes without DISCONNECT [MQTT-3.1.2-8]. */
export interface Will {
  readonly topic: string;
  /** Up to 65,535 bytes (MQTT section 3.1.3.3). Default: empty. */
  readonly payload?: string | Uint8Array | undefined;
  /** Default 0. */
  readonly qos?: 0 | 1 | 2 | undefined;
  /** Default `false`. */
  readonly retain?: boolean | undefined;
}

/** What CONNECT says about the client, each asked for at every attempt. */
export type Credentials = readonly [
  username: PerAttempt<string | undefined> | undefined,
  password: PerAttempt<string | Uint8Array | undefined> | undefined,
  will: PerAttempt<Will | undefined> | undefined,
];

/** The options of connections, checked, with their defaults. Milliseconds unless it says seconds. */
export interface ConnectionOptions {
  readonly clientId: string;
  /** In a closure, where no inspection of a client finds them. */
  readonly credentials: () => Credentials;
  /** Seconds, as promised to the server; 0: none; `undefined`: the default of the transport. */
  readonly keepAlive: number | undefined;
  /** Seconds of silence before PINGREQ; `undefined`: the default of the transport. */
  readonly pingInterval: number | undefined;
  readonly pingTimeout: number | undefined;
  readonly cleanSession: boolean | 'first';
  readonly connectTimeout: number;
  readonly connackTimeout: number;
  readonly retryWhen: RetryNotifier | undefined;
  readonly linger: number;
  /** Bytes. */
  readonly maxPacketSize: number;
}
