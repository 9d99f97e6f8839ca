import type { MqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Delivery } from './Delivery.js';
import type { OpenMessage } from './OpenMessage.js';
import type { Outgoing } from './Outgoing.js';
import type { ServerLimits } from './ServerLimits.js';

/** What an earlier process left in a store. */
export interface Inherited<O extends Outgoing> {
  /** Messages whose exchange had begun, in the order in which that was. */
  readonly inFlight: readonly O[];
  /** Those of them whose PUBREC had come, in that order. */
  readonly received: readonly O[];
  /** Messages that were never written, oldest first. */
  readonly queued: readonly O[];
  /** Identifiers of the server's QoS 2 messages that were delivered, and whose PUBREL has not come. */
  readonly packetIds: readonly number[];
}

/**
 * What can happen to a session, apart from what comes by the hundred thousand: `Session.receive` and `Session.publish`.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export type SessionInput<O extends Outgoing, R> =
  /** CONNACK 0 came. @param limits what the server takes; left out, what a 3.1.1 server does */
  | { readonly type: 'up'; readonly sessionPresent: boolean; readonly limits?: ServerLimits }
  /**
   * The connection is gone.
   * @param uptime milliseconds that it was up
   * @param isLoss `false` if this client ended it: that says nothing of the requests on it
   * @param taken see `written`
   */
  | { readonly type: 'down'; readonly uptime: number; readonly isLoss: boolean; readonly taken: number }
  /**
   * Something was written, or has left.
   * @param unsent bytes that are on their way to the network
   * @param taken how many QoS 0 messages the transport has taken since the connection began
   */
  | { readonly type: 'written'; readonly unsent: number; readonly taken: number }
  /** The caller of a publish has left: what was not written is taken back, what was runs on. */
  | { readonly type: 'withdraw'; readonly outgoing: O }
  /** What becomes of a message that was delivered is decided: see `OpenMessage.outcome`. Once a message. */
  | { readonly type: 'decided'; readonly message: OpenMessage }
  /** A listener came to, or left, a topic filter. */
  | {
      readonly type: 'listen' | 'leave';
      readonly filter: string;
      readonly qos: QoS;
      /** The same as that of all others who want the filter, see `Session.deliveryOf`. Default: as MQTT 3.1.1 does it. */
      readonly delivery?: Delivery;
    }
  /** The application subscribes durably. */
  | {
      readonly type: 'subscribe';
      readonly filters: readonly string[];
      readonly qos: QoS;
      readonly delivery?: Delivery;
      readonly token: R;
    }
  /** The application gives up durable subscriptions. */
  | { readonly type: 'unsubscribe'; readonly filters: readonly string[]; readonly token: R }
  /** The turn of the event loop ends: what was collected goes out. */
  | { readonly type: 'turn' }
  /** The time that `remind` named has passed. */
  | { readonly type: 'reminded' }
  /** The PINGREQ that `probe` asked for was answered. */
  | { readonly type: 'probed' }
  /** What an earlier process left is read. Once, and before the first `up`. */
  | { readonly type: 'restore'; readonly inherited: Inherited<O> }
  /** A message could not be kept, and was not written either: it fails. */
  | { readonly type: 'unkept'; readonly outgoing: O; readonly error: MqttError }
  /** Messages that wait may have waited longer than they are worth. */
  | { readonly type: 'expire' }
  /**
   * The connection is given up: every caller is told `error`, and all listeners are out. What the protocol must finish
   * stays, and so does what an earlier process left.
   * @param isKept whether the session outlives this: what is in flight must be finished
   */
  | { readonly type: 'give-up'; readonly error: MqttError; readonly isKept: boolean }
  /** The client is ended: every caller is told `error`. What is kept stays kept, for the next process. */
  | { readonly type: 'end'; readonly error: MqttError };
