import type { ObservableInput } from 'rxjs';
import type { ProtocolVersion } from '../packet/Packet.js';
import type { RetryNotifier } from '../stream/backoff.js';
import type { WillMessageProperties } from './messageProperties.js';
import type { PerAttempt } from './perAttempt.js';
import type { ServerOption } from './serverAddress.js';
import type { UserProperties } from './userProperties.js';

/** A message that the server publishes when this client vanishes without DISCONNECT [MQTT-3.1.2-8]. */
export interface Will {
  readonly topic: string;
  /** Up to 65,535 bytes (MQTT section 3.1.3.3). Default: empty. */
  readonly payload?: string | Uint8Array | undefined;
  /** Default 0. */
  readonly qos?: 0 | 1 | 2 | undefined;
  /** Default `false`. */
  readonly retain?: boolean | undefined;
  /** What MQTT 5 says about it. */
  readonly properties?: WillMessageProperties | undefined;
}

/** Enhanced authentication of MQTT 5 (MQTT5 section 4.12): any number of AUTH packets instead of one password. */
export interface Authentication {
  /** The authentication method, such as `SCRAM-SHA-256`. */
  readonly method: string;
  /** What CONNECT carries beside it. */
  readonly data?: Uint8Array | string | undefined;
  /**
   * Answers a challenge of the server. Called for each AUTH that comes; the first value that it gives is sent. An error
   * ends the attempt.
   */
  readonly respond: (challenge: Uint8Array | undefined) => ObservableInput<Uint8Array | string>;
}

/**
 * Where to go when an MQTT 5 server names another one (MQTT5 section 4.11): `false` never, `true` there, or a function
 * that says where, or nowhere.
 */
export type FollowServerReference =
  boolean | ((reference: string, connection: { readonly server: string }) => ServerOption | undefined);

/** What CONNECT says about the client, each asked for at every attempt. */
export interface AskedPerAttempt {
  readonly username: PerAttempt<string | undefined> | undefined;
  readonly password: PerAttempt<string | Uint8Array | undefined> | undefined;
  readonly will: PerAttempt<Will | undefined> | undefined;
  readonly userProperties: PerAttempt<UserProperties | undefined> | undefined;
  readonly sessionExpiryInterval: PerAttempt<number | undefined> | undefined;
  readonly authentication: PerAttempt<Authentication | undefined> | undefined;
}

/** The options of connections, checked, with their defaults. Milliseconds unless it says seconds. */
export interface ConnectionOptions {
  readonly clientId: string;
  /** In a closure, where no inspection of a client finds them. */
  readonly askedPerAttempt: () => AskedPerAttempt;
  readonly protocolVersion: ProtocolVersion | 'auto';
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
  /** How many QoS 1 and 2 messages the server may leave unacknowledged. */
  readonly receiveMaximum: number;
  /** Bytes that may wait to be read, where the transport cannot be paused. */
  readonly receiveQueue: number;
  /** How many topic aliases the server may use. */
  readonly topicAliasMaximum: number;
  /** How many topic aliases this client uses at most. */
  readonly topicAliases: number;
  readonly requestResponseInformation: boolean;
  readonly requestProblemInformation: boolean;
  readonly followServerReference: FollowServerReference;
}
