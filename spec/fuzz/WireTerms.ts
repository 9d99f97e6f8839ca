import { encode } from '../../lib/packet/encode.js';
import type { ConnackPacket, ConnectPacket, Packet, ProtocolVersion, PublishPacket } from '../../lib/packet/Packet.js';
import type { ConnackProperties, ConnectProperties, PublishProperties } from '../../lib/packet/PacketProperties.js';

const MOST = 268_435_460;
const TOPIC_ALIAS_INVALID = 0x94;
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93;

/** Properties of a message without what belongs to the connection, and without those that are absent. */
export function plain(properties: PublishProperties = {}): PublishProperties {
  const own = Object.entries(properties).filter(([name, value]) => name !== 'topicAlias' && value !== undefined);
  return Object.fromEntries(own);
}

/** What the two sides of one connection have told each other: what each may send, and what aliases stand for. */
export class WireTerms {
  version: ProtocolVersion = 4;
  private client: ConnectProperties = {};
  private server: ConnackProperties = {};
  private readonly sent = new Map<number, string>();
  private readonly received = new Map<number, string>();
  /** QoS 2 messages of the server that are not released. */
  private readonly open = new Set<number>();

  connect({ protocolVersion = 4, properties }: ConnectPacket): void {
    this.version = protocolVersion;
    this.client = properties ?? {};
  }

  connack({ properties }: ConnackPacket): void {
    this.server = properties ?? {};
  }

  /** How many QoS 1 and 2 messages the server takes unacknowledged. */
  get window(): number {
    return this.server.receiveMaximum ?? 65_535;
  }

  /** Which error tells that the server cannot take a message. @param bytes how many more it may have */
  refusal(message: PublishPacket, bytes = 0): 'NOT_SUPPORTED' | 'PACKET_TOO_LARGE' | undefined {
    const { maximumQoS = 2, retainAvailable = true } = this.server;
    if (this.version === 4) return Object.keys(plain(message.properties)).length > 0 ? 'NOT_SUPPORTED' : undefined;
    if (message.qos > maximumQoS || (message.retain && !retainAvailable)) return 'NOT_SUPPORTED';
    return this.isTooLarge(message, bytes) ? 'PACKET_TOO_LARGE' : undefined;
  }

  /** Whether the server does not take a packet because of its size. */
  isTooLarge(packet: Packet, bytes = 0): boolean {
    return encode(packet, { protocolVersion: this.version }).length + bytes > (this.server.maximumPacketSize ?? MOST);
  }

  /** A PUBLISH of the client with the topic that its alias stands for. @throws {Error} it may not have it */
  resolveSent(packet: PublishPacket, most: number): PublishPacket {
    const { topicAlias: alias } = packet.properties ?? {};
    if (alias === undefined) return packet;
    const maximum = Math.min(most, this.server.topicAliasMaximum ?? 0);
    if (alias > maximum) throw new Error(`topic alias ${alias} above ${maximum}`);
    if (packet.topic !== '') this.sent.set(alias, packet.topic);
    const topic = this.sent.get(alias);
    if (topic === undefined) throw new Error(`topic alias ${alias} stands for nothing`);
    return { ...packet, topic };
  }

  /**
   * The server publishes. @returns the message, or the reason code for what is wrong with it
   * @param unacknowledged how many QoS 1 messages are open
   * @param isDeaf whether the client does not expect the server to keep to its receive maximum
   */
  receive(packet: PublishPacket, unacknowledged: number, isDeaf: boolean): PublishPacket | number {
    const { topicAlias: alias } = packet.properties ?? {};
    if (alias !== undefined) {
      if (alias > (this.client.topicAliasMaximum ?? 0)) return TOPIC_ALIAS_INVALID;
      if (packet.topic !== '') this.received.set(alias, packet.topic);
      const topic = this.received.get(alias);
      if (topic === undefined) return TOPIC_ALIAS_INVALID;
      packet = { ...packet, topic };
    }
    if (packet.qos === 0 || this.version === 4 || (packet.qos === 2 && this.open.has(packet.packetId))) return packet;
    if (!isDeaf && this.open.size + unacknowledged >= (this.client.receiveMaximum ?? 65_535))
      return RECEIVE_MAXIMUM_EXCEEDED;
    if (packet.qos === 2) this.open.add(packet.packetId);
    return packet;
  }

  /** The server releases a QoS 2 message. */
  release(packetId: number): void {
    this.open.delete(packetId);
  }
}
