import type { QueueLimits } from './Queue.js';

/** The limits and policies of a session. */
export interface SessionOptions {
  /** How many messages may be unacknowledged at a time, 1 to 65,535. */
  readonly maxInflight: number;
  /** How many messages may be open, 1 to 65,535, see `Inbox`. */
  readonly receiveMaximum: number;
  /** How much may wait for a connection, and which messages are turned away when it is more. */
  readonly queue: QueueLimits;
  /** What becomes of a QoS 2 exchange whose session the broker lost: it fails, or starts over and may arrive twice. */
  readonly onSessionLost: 'error' | 'republish';
  /** The most topic filters of one SUBSCRIBE or UNSUBSCRIBE. */
  readonly subscribeBatch: number;
  /** See `SubscriptionIds`. Default 0. */
  readonly foreignFrom?: number;
  /** How many failed trials give up a request that makes the server hang up; `Infinity`: never. */
  readonly giveUpAfter: number;
  /** Milliseconds: a connection that is lost sooner was not stable. */
  readonly stableAfter: number;
}
