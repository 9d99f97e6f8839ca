import type { MqttError } from '../errors.js';
import type { Packet, QoS } from '../packet/Packet.js';
import type { DropReason } from '../session/SessionEffects.js';

/** What happens in a client, told apart by `type`. Durations are milliseconds. */
export type ClientEvent =
  /** An attempt begins; it is the `attempt`-th, from 1, since the last connection that was up. */
  | { readonly type: 'connecting'; readonly attempt: number }
  /** CONNACK 0 came. */
  | {
      readonly type: 'connected';
      readonly server: string;
      readonly clientId: string;
      readonly sessionPresent: boolean;
    }
  /** A connection is open although the broker's certificate is not in order: `rejectUnauthorized` is `false`. */
  | { readonly type: 'unverified'; readonly server: string; readonly reason: string }
  /** A connection that was up is gone: with its cause, or without one because it was not needed any more. */
  | {
      readonly type: 'disconnected';
      readonly cause?: MqttError;
      /** Of a WebSocket that the broker closed, or that broke (1006). */
      readonly closeCode?: number;
    }
  /** An attempt or a connection failed, and `attempt` comes next: after `delay`, if the notifier said so. */
  | { readonly type: 'retry'; readonly attempt: number; readonly delay?: number; readonly cause: MqttError }
  /** The broker granted a topic filter, perhaps at a lower QoS. */
  | { readonly type: 'subscribed'; readonly filter: string; readonly requested: QoS; readonly granted: QoS }
  /** The broker refused a topic filter. */
  | { readonly type: 'refused'; readonly filter: string }
  /** The broker confirmed that a topic filter is gone. */
  | { readonly type: 'unsubscribed'; readonly filter: string }
  /** A packet is written. A password in it is left out. */
  | { readonly type: 'packet-sent'; readonly packet: Packet }
  /** A packet came. */
  | { readonly type: 'packet-received'; readonly packet: Packet }
  /** PINGRESP came. */
  | { readonly type: 'ping'; readonly roundTrip: number }
  /**
   * A message to publish gave way (`overflow`), waited longer than its `expiry` (`expired`) or lost its session in the
   * middle of a QoS 2 exchange (`session-lost`), or one came that no `topic$` or `messages$` subscriber wanted
   * (`unclaimed`).
   */
  | { readonly type: 'message-dropped'; readonly topic: string; readonly reason: DropReason | 'unclaimed' }
  /**
   * The store is open. An earlier process left so many messages in the middle of their exchange, and so many that were
   * never written; all of them are sent. So many identifiers of incoming QoS 2 messages are remembered.
   */
  | { readonly type: 'recovered'; readonly inFlight: number; readonly queued: number; readonly received: number }
  /** A record of the store cannot be read: it is kept aside in the store, and what it said is lost. */
  | { readonly type: 'record-set-aside'; readonly key: string; readonly reason: string }
  /** The store failed to write. Messages that could not be kept were not sent, and their publishes err. */
  | { readonly type: 'store-failed'; readonly error: MqttError }
  /** `end()` is done. */
  | { readonly type: 'ended' };
