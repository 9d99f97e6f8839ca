import type { MqttError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';

/** What happens to connections. Durations are milliseconds. */
export type ConnectionEvent =
  /** An attempt begins; it is the `attempt`-th, from 1, since the last connection that was up, `reconnect` or `resume`. */
  | { readonly type: 'connecting'; readonly attempt: number }
  /** CONNACK 0 came. */
  | {
      readonly type: 'connected';
      readonly server: string;
      readonly clientId: string;
      readonly sessionPresent: boolean;
    }
  /** A connection is open although the server's certificate is not in order: `rejectUnauthorized` is `false`. */
  | { readonly type: 'unverified'; readonly server: string; readonly reason: string }
  /**
   * A connection that was up is gone: with its cause, or without one because this client closed it, for it was not needed
   * any more, or by `reconnect`, `suspend` or `end`.
   */
  | {
      readonly type: 'disconnected';
      readonly cause?: MqttError;
      /** Of a WebSocket that the server closed, or that broke (1006). */
      readonly closeCode?: number;
    }
  /** An attempt or a connection failed, and `attempt` comes next: after `delay`, if the notifier said so. */
  | { readonly type: 'retry'; readonly attempt: number; readonly delay?: number; readonly cause: MqttError }
  /** `suspend` has closed what there was: no connection is made from now on. */
  | { readonly type: 'suspended' }
  /** `resume`: connections are made again. */
  | { readonly type: 'resumed' }
  /**
   * Three connections in a row were lost within a second of CONNACK, or closed by the server within five: another client
   * may use the same client identifier.
   */
  | { readonly type: 'takeover-suspected'; readonly clientId: string }
  /** A packet is written. A password and authentication data in it are left out. */
  | { readonly type: 'packet-sent'; readonly packet: Packet }
  /** A packet came. Authentication data in it are left out. */
  | { readonly type: 'packet-received'; readonly packet: Packet }
  /** PINGRESP came. */
  | { readonly type: 'ping'; readonly roundTrip: number };
