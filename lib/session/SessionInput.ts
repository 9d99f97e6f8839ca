import type { MqttError } from '../errors.js';
import type { QoS, SubscribePacket, UnsubscribePacket } from '../packet/Packet.js';
import type { Outgoing } from './Outgoing.js';

/** What an earlier process left. */
export interface Left<O extends Outgoing> {
  /** Messages whose exchange had begun, in the order in which that was. */
  readonly inFlight: readonly O[];
  /** Those of them whose PUBREC had come, in that order. */
  readonly released: readonly O[];
  /** Messages that were never written, oldest first. */
  readonly queued: readonly O[];
  /** Identifiers of the server's QoS 2 messages that were delivered and not released. */
  readonly received: readonly number[];
}

/**
 * What can happen to a session, apart from what comes by the hundred thousand: `Session.receive` and `Session.publish`.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export type SessionInput<O extends Outgoing, R> =
  /** CONNACK 0 came. */
  | { readonly is: 'up'; readonly sessionPresent: boolean }
  /** The connection is gone. */
  | { readonly is: 'down' }
  /** Whoever published has left: what was not written is taken back, what was runs on. */
  | { readonly is: 'withdraw'; readonly outgoing: O }
  /** A listener came to, or left, a topic filter. */
  | { readonly is: 'listen' | 'leave'; readonly filter: string; readonly qos: QoS }
  /** The application subscribes durably. */
  | { readonly is: 'subscribe'; readonly filters: readonly string[]; readonly qos: QoS; readonly token: R }
  /** The application gives up durable subscriptions. */
  | { readonly is: 'unsubscribe'; readonly filters: readonly string[]; readonly token: R }
  /** The turn of the event loop ends: what was collected goes out. */
  | { readonly is: 'turn' }
  /** The answer to a SUBSCRIBE or UNSUBSCRIBE is overdue. */
  | { readonly is: 'overdue'; readonly packet: SubscribePacket | UnsubscribePacket }
  /** The link takes no more for now, or takes again. */
  | { readonly is: 'congested'; readonly congested: boolean }
  /** What an earlier process left is read. Once, and before the first `up`. */
  | { readonly is: 'restore'; readonly left: Left<O> }
  /** A message could not be kept, and was not written either: it fails. */
  | { readonly is: 'unkept'; readonly outgoing: O; readonly error: MqttError }
  /** A message is not worth sending any more. */
  | { readonly is: 'expire'; readonly outgoing: O; readonly error: MqttError }
  /**
   * Everybody who waits is told `error`, and all listeners are out; what the protocol must finish stays, and so does what
   * an earlier process left.
   * @param isEnd the process may be over, too: what is kept stays kept for the next one
   */
  | { readonly is: 'abandon'; readonly error: MqttError; readonly isEnd: boolean };
