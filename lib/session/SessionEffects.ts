import type { MqttError, ProtocolError } from '../errors.js';
import type { Packet, PublishPacket, QoS } from '../packet/Packet.js';
import type { Grant } from './Grant.js';
import type { Outgoing } from './Outgoing.js';

/**
 * Why a message was dropped: the queue was full, it waited longer than it is worth, or the broker lost the session in
 * the middle of its QoS 2 exchange.
 */
export type DropReason = 'overflow' | 'expired' | 'session-lost';

/**
 * What a session asks its surroundings to do. Calls come in the order in which things must happen, in the middle of a
 * step: whoever implements this must not call the session back before the step is over.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export interface SessionEffects<O extends Outgoing, R> {
  /** Whether what is written still leaves: a link may break in mid-step, and `down` comes when the step is over. */
  readonly canSend: boolean;
  /** Write a packet. */
  send(packet: Packet): void;
  /** Write a PUBLISH, for the first time or again. At QoS 0 whoever writes it settles it: nothing will answer. */
  publish(outgoing: O): void;
  /**
   * Keep a QoS 1 or 2 message, as it stands now, where it survives the process: before anything that is written from now
   * on leaves. Called whenever it takes another step.
   */
  keep(outgoing: O): void;
  /** Such a message is over: its exchange has ended, or it will never have one. */
  forget(outgoing: O): void;
  /** Keep, or forget, in the same way the identifier of a QoS 2 message of the server. */
  keepReceived(packetId: number): void;
  forgetReceived(packetId: number): void;
  /** Hand an incoming message to the application. */
  deliver(message: PublishPacket): void;
  /** A publish that somebody waits for is over: acknowledged, or failed with an error. */
  settle(outgoing: O, error?: MqttError): void;
  /** A message will not arrive, or not for certain, whether or not somebody waits for it. `settle` follows if so. */
  dropped(outgoing: O, reason: DropReason): void;
  /** A subscribe or unsubscribe request is over: everything is answered, or it failed. */
  answered(token: R, grants: readonly Grant[], error?: MqttError): void;
  /** The broker granted a filter. */
  subscribed(filter: string, requested: QoS, granted: QoS): void;
  /** The broker refused a filter; nobody has a claim on it any more. */
  refused(filter: string): void;
  /** The broker confirmed that a filter is gone. */
  unsubscribed(filter: string): void;
  /** The session is resumed and everything in flight is repeated; what waited in the queue follows. */
  resumed(sessionPresent: boolean): void;
  /** Something waits for the end of the turn: a `turn` input is due. */
  turnNeeded(): void;
  /** The broker broke the protocol: the connection must go. */
  violation(error: ProtocolError): void;
}
