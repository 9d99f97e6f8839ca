import type { MqttError } from '../errors.js';

/** Where a client stands with its connection. Times are milliseconds since 1970, durations milliseconds. */
export type ConnectionState =
  /** Nobody needs a connection. */
  | { readonly status: 'idle' }
  /**
   * Dialling, or waiting for CONNACK. `attempt` counts from 1 since the last connection that was up, or since a
   * `reconnect` or `resume`.
   */
  | { readonly status: 'connecting'; readonly attempt: number }
  /** The broker accepted the connection at `since`. */
  | { readonly status: 'online'; readonly sessionPresent: boolean; readonly since: number }
  /**
   * The connection failed with `cause`, and `attempt` is the number of the next one. `delay` and `retryAt` are there as
   * soon as the notifier of `retryWhen` has said them; `backoff()` does so at once.
   */
  | {
      readonly status: 'waiting';
      readonly attempt: number;
      readonly delay?: number;
      readonly retryAt?: number;
      readonly cause: MqttError;
    }
  /**
   * DISCONNECT is on its way. The reason: nobody needs the connection any more, it is made anew or suspended, or `end()` lets exchanges
   * finish.
   */
  | { readonly status: 'closing' }
  /** There is no connection, and none is made until `resume`, whatever needs one. */
  | { readonly status: 'suspended' }
  /** Given up after a fatal error, its `cause`: the next subscriber connects afresh. Or ended: then for good. */
  | { readonly status: 'closed'; readonly cause?: MqttError };
