/** Quality of service: 0 at most once, 1 at least once, 2 exactly once (MQTT section 4.3). */
export type QoS = 0 | 1 | 2;

/** The message that the server publishes when the client vanishes without DISCONNECT [MQTT-3.1.2-8]. */
export interface WillMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** CONNECT, client to server: the first packet of a connection [MQTT-3.1.0-1]. */
export interface ConnectPacket {
  readonly type: 'connect';
  readonly clientId: string;
  /** Clean Session: `true` discards what the server kept for this client identifier [MQTT-3.1.2-6]. */
  readonly cleanStart: boolean;
  /** Seconds, 0 to 65,535; 0 turns the keep-alive off. */
  readonly keepAlive: number;
  readonly username?: string | undefined;
  /** Only together with a user name [MQTT-3.1.2-22]. */
  readonly password?: Uint8Array | undefined;
  readonly will?: WillMessage | undefined;
}

/** CONNACK, server to client: 0 accepted, 1 to 5 refused. */
export interface ConnackPacket {
  readonly type: 'connack';
  readonly sessionPresent: boolean;
  readonly reasonCode: 0 | 1 | 2 | 3 | 4 | 5;
}

/** PUBLISH, both ways. */
export interface PublishPacket {
  readonly type: 'publish';
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 1 to 65,535 at QoS 1 and 2; 0 at QoS 0, where the packet has none [MQTT-2.3.1-5]. */
  readonly packetId: number;
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP, both ways: a step of a QoS 1 or 2 exchange. */
export interface AcknowledgementPacket {
  readonly type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  readonly packetId: number;
}

/** A topic filter and the highest QoS wanted for it. */
export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: QoS;
}

/** SUBSCRIBE, client to server: one or more topic filters [MQTT-3.8.3-3]. */
export interface SubscribePacket {
  readonly type: 'subscribe';
  readonly packetId: number;
  readonly subscriptions: readonly SubscriptionRequest[];
}

/** SUBACK, server to client: for each filter, in order, the QoS granted or 0x80 for refused [MQTT-3.9.3-1]. */
export interface SubackPacket {
  readonly type: 'suback';
  readonly packetId: number;
  readonly reasonCodes: readonly (QoS | 0x80)[];
}

/** UNSUBSCRIBE, client to server: one or more topic filters [MQTT-3.10.3-2]. */
export interface UnsubscribePacket {
  readonly type: 'unsubscribe';
  readonly packetId: number;
  readonly filters: readonly string[];
}

/** UNSUBACK, server to client. */
export interface UnsubackPacket {
  readonly type: 'unsuback';
  readonly packetId: number;
}

/** PINGREQ and DISCONNECT (client to server) or PINGRESP (server to client): a fixed header and nothing else. */
export interface EmptyPacket {
  readonly type: 'pingreq' | 'pingresp' | 'disconnect';
}

/** Every packet of MQTT 3.1.1; `type` tells them apart. The names are MQTT 5's, so that its codec needs no others. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AcknowledgementPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | EmptyPacket;

/** The name of a control packet, lower case. */
export type PacketType = Packet['type'];
