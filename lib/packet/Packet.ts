import type {
  AcknowledgementProperties,
  AuthProperties,
  ConnackProperties,
  ConnectProperties,
  DisconnectProperties,
  PublishProperties,
  SubscribeProperties,
  UnsubscribeProperties,
  WillProperties,
} from './PacketProperties.js';

/** The protocol level in CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5. */
export type ProtocolVersion = 4 | 5;

/** The version of a stream of packets; `'auto'`: its first packet, CONNECT or CONNACK, tells. */
export type DecodedVersion = ProtocolVersion | 'auto';

/** Quality of service: 0 at most once, 1 at least once, 2 exactly once (MQTT section 4.3). */
export type QoS = 0 | 1 | 2;

/** The message that the server publishes when the client vanishes without DISCONNECT [MQTT-3.1.2-8]. */
export interface WillMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties?: WillProperties | undefined;
}

/** CONNECT, client to server: the first packet of a connection [MQTT-3.1.0-1]. */
export interface ConnectPacket {
  readonly type: 'connect';
  /** MQTT 5: empty, the server assigns one. With 3.1.1 empty only with `cleanStart` [MQTT-3.1.3-8]. */
  readonly clientId: string;
  /** Clean Session, in MQTT 5 Clean Start: `true` discards what the server kept for this client identifier [MQTT-3.1.2-6]. */
  readonly cleanStart: boolean;
  /** Seconds, 0 to 65,535; 0 turns the keep-alive off. */
  readonly keepAlive: number;
  readonly username?: string | undefined;
  /** With 3.1.1 only together with a user name [MQTT-3.1.2-22]. */
  readonly password?: Uint8Array | undefined;
  readonly will?: WillMessage | undefined;
  /** 5 on each CONNECT that was read as MQTT 5. CONNECT is written in the version that is asked for, which this may not contradict. */
  readonly protocolVersion?: ProtocolVersion | undefined;
  readonly properties?: ConnectProperties | undefined;
}

/** CONNACK, server to client: 0 accepted; refused are 1 to 5 in 3.1.1, in MQTT 5 reason codes from 0x80 on. */
export interface ConnackPacket {
  readonly type: 'connack';
  readonly sessionPresent: boolean;
  readonly reasonCode: number;
  readonly properties?: ConnackProperties | undefined;
}

/** PUBLISH, both ways. */
export interface PublishPacket {
  readonly type: 'publish';
  /** Empty only in MQTT 5, with a topic alias. */
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 1 to 65,535 at QoS 1 and 2; 0 at QoS 0, where the packet has none [MQTT-2.3.1-5]. */
  readonly packetId: number;
  readonly properties?: PublishProperties | undefined;
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP, both ways: a step of a QoS 1 or 2 exchange. */
export interface AcknowledgementPacket {
  readonly type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  readonly packetId: number;
  /** MQTT 5; absent means 0, success. */
  readonly reasonCode?: number | undefined;
  readonly properties?: AcknowledgementProperties | undefined;
}

/** A topic filter and the highest QoS wanted for it. The other options are MQTT 5's; absent means `false` and 0. */
export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: QoS;
  /** No message that this client published itself. Not for a shared subscription [MQTT5-3.8.3-4]. */
  readonly noLocal?: boolean | undefined;
  /** Messages keep the RETAIN flag that they were published with. */
  readonly retainAsPublished?: boolean | undefined;
  /** Retained messages: 0 send them, 1 send them if this is a new subscription, 2 do not send them. */
  readonly retainHandling?: RetainHandling | undefined;
}

/** Which retained messages a SUBSCRIBE asks for (MQTT5 section 3.8.3.1). */
export type RetainHandling = 0 | 1 | 2;

/** SUBSCRIBE, client to server: one or more topic filters [MQTT-3.8.3-3]. */
export interface SubscribePacket {
  readonly type: 'subscribe';
  readonly packetId: number;
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties?: SubscribeProperties | undefined;
}

/** SUBACK, server to client: for each filter, in order, the QoS granted, or a code from 0x80 on: refused [MQTT-3.9.3-1]. */
export interface SubackPacket {
  readonly type: 'suback';
  readonly packetId: number;
  readonly reasonCodes: readonly number[];
  readonly properties?: AcknowledgementProperties | undefined;
}

/** UNSUBSCRIBE, client to server: one or more topic filters [MQTT-3.10.3-2]. */
export interface UnsubscribePacket {
  readonly type: 'unsubscribe';
  readonly packetId: number;
  readonly filters: readonly string[];
  readonly properties?: UnsubscribeProperties | undefined;
}

/** UNSUBACK, server to client. */
export interface UnsubackPacket {
  readonly type: 'unsuback';
  readonly packetId: number;
  /** MQTT 5, where it must be there: a code for each filter, in order [MQTT5-3.11.3-1]. */
  readonly reasonCodes?: readonly number[] | undefined;
  readonly properties?: AcknowledgementProperties | undefined;
}

/** PINGREQ (client to server) or PINGRESP (server to client): a fixed header and nothing else. */
export interface EmptyPacket {
  readonly type: 'pingreq' | 'pingresp';
}

/** DISCONNECT, client to server, in MQTT 5 both ways: the last packet of a connection. */
export interface DisconnectPacket {
  readonly type: 'disconnect';
  /** MQTT 5; absent means 0, normal disconnection. */
  readonly reasonCode?: number | undefined;
  readonly properties?: DisconnectProperties | undefined;
}

/** AUTH, both ways, only in MQTT 5: a step of an enhanced authentication. */
export interface AuthPacket {
  readonly type: 'auth';
  /** 0 success, 0x18 continue authentication, 0x19 re-authenticate; absent means 0. */
  readonly reasonCode?: number | undefined;
  readonly properties?: AuthProperties | undefined;
}

/**
 * Every packet of MQTT 3.1.1 and MQTT 5; `type` tells them apart. The names are MQTT 5's.
 *
 * What is optional and said to be MQTT 5's is absent on packets that were read as 3.1.1. On those that were read as MQTT 5
 * it is always there: `undefined` where the packet has none, and the default where the packet left it out. A packet with
 * something that 3.1.1 cannot say is not written as 3.1.1; what it means anyway, such as reason code 0, is no hindrance.
 */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AcknowledgementPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | EmptyPacket
  | DisconnectPacket
  | AuthPacket;

/** The name of a control packet, lower case. */
export type PacketType = Packet['type'];
