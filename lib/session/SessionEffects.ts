import type { MqttError } from '../errors.js';
import type { AcknowledgementPacket, Packet, PublishPacket } from '../packet/Packet.js';
import type { Grant } from './Grant.js';
import type { OpenMessage } from './OpenMessage.js';
import type { Outgoing } from './Outgoing.js';
import type { SessionEvent } from './SessionEvent.js';

/** The way to the server. */
export interface Wire<O extends Outgoing> {
  /** Writes a packet. */
  send(packet: Packet): void;
  /** Writes a PUBLISH, for the first time or again. Of QoS 0 messages a `written` input says that the transport has them. */
  publish(outgoing: O): void;
}

/** Keeps what must survive the process. What is written after a call leaves when the change is durable. */
export interface Keeper<O extends Outgoing> {
  /** Keeps a QoS 1 or 2 message as it stands now. Called whenever it takes another step. */
  keep(outgoing: O): void;
  /** Such a message is over: its exchange has ended, or it will never have one. */
  forget(outgoing: O): void;
  /** Keeps, or forgets, the identifier of a QoS 2 message of the server. */
  keepReceived(packetId: number): void;
  forgetReceived(packetId: number): void;
}

/**
 * What the application hears.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export interface Application<O extends Outgoing, R> {
  /** A message came. @returns what must be acknowledged by somebody, if it is not acknowledged already */
  deliver(message: PublishPacket): OpenMessage | undefined;
  /**
   * A publish whose caller waits is over: acknowledged, or failed with an error. Called once.
   * @param reason the packet that says how the server took it
   */
  settle(outgoing: O, token: NonNullable<O['token']>, error?: MqttError, reason?: AcknowledgementPacket): void;
  /** A subscribe or unsubscribe request is over: every filter is answered, or it failed. */
  answered(token: R, grants: readonly Grant[], error?: MqttError): void;
  /**
   * SUBSCRIBE is written for a filter: retained messages may come from now on [MQTT-3.8.4-3].
   * @param identifier its subscription identifier, 0 if it has none
   */
  subscribing(filter: string, identifier: number): void;
  /** The server granted a filter. */
  subscribed(filter: string): void;
  /** The server has taken a filter away, as it was asked to: nothing more comes for what was subscribed before. */
  unsubscribed(filter: string): void;
  /** The server refused a filter; no claim on it is left. */
  refused(filter: string, error: MqttError): void;
  /** The session is resumed, and what was in flight is repeated or will be; what waited in the queue follows. */
  resumed(sessionPresent: boolean): void;
}

/** What surrounds the session in time. */
export interface Surroundings {
  /** Something waits for the end of the turn: a `turn` input is due. */
  turnNeeded(): void;
  /** A `reminded` input is due after `ms` milliseconds, if the connection lasts. A later call replaces an earlier one. */
  remind(ms: number): void;
  /** A `probed` input is due when a PINGREQ that is sent now was answered. */
  probe(): void;
  /** Reads no further for now, or reads on: more messages came than the application has finished with. */
  read(isReading: boolean): void;
  /** The connection must go: the server broke the protocol. */
  fail(error: MqttError): void;
  /** Nothing more can come on the connection: it must be made anew, if it is needed. */
  renew(error: MqttError): void;
}

/**
 * What a session asks its surroundings to do. Calls come in the order in which things must happen, in the middle of a
 * step: whatever implements them must not call the session back before the step is over.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export interface SessionEffects<O extends Outgoing, R> {
  readonly wire: Wire<O>;
  readonly keeper: Keeper<O>;
  readonly application: Application<O, R>;
  readonly surroundings: Surroundings;
  /** For people who look on. */
  readonly events: { next(event: SessionEvent): void };
}
