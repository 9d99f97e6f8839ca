import type { ConnectPacket, Packet, PublishPacket } from '../../codec.js';

/** The connection of a client, as the rest of the broker knows it. */
export interface Wire {
  /** How it was asked for, with the client identifier that was assigned, if one was. */
  readonly connect: ConnectPacket;
  /** QoS 1 and 2 messages that the client takes unacknowledged. */
  readonly receiveMaximum: number;
  send(packet: Packet): void;
  /** Sends a message, by a topic alias if there is one. @returns `false`: it is larger than the client takes */
  publish(packet: PublishPacket): boolean;
  /** Says why, with MQTT 5, and closes. */
  close(reasonCode: number): void;
}
