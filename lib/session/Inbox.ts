import { ProtocolError } from '../errors.js';
import type { PublishPacket } from '../packet/Packet.js';
import { PacketIds } from './PacketIds.js';

const RECEIVE_MAXIMUM_EXCEEDED = 0x93;

/**
 * The server's QoS 1 and 2 messages: which QoS 2 messages were delivered, and how many the server has open. The client
 * acknowledges a QoS 1 message at once; a QoS 2 message stays open until its PUBREL.
 */
export class Inbox {
  // for the session
  /** Identifiers of QoS 2 messages that were delivered, and whose PUBREL has not come. */
  readonly delivered = new PacketIds();
  // for the connection
  /** Identifiers of QoS 2 messages that came on this connection, and whose PUBREL has not come. */
  private readonly open = new PacketIds();
  private opened = 0;
  private limit = Infinity;

  /** @param receiveMaximum how many messages the server may have open, where it was told */
  constructor(private readonly receiveMaximum: number) {}

  /** A connection is there. @param isTold whether its server was told the receive maximum: MQTT 3.1.1 cannot say it */
  up(isTold: boolean): void {
    this.open.clear();
    this.opened = 0;
    this.limit = isTold ? this.receiveMaximum : Infinity;
  }

  /**
   * A QoS 1 or 2 message came.
   *
   * @returns whether it must be delivered: a QoS 2 message at the first sight of its identifier [MQTT-4.3.3-2]
   * @throws {ProtocolError} the server has more messages open than it may [MQTT5-3.3.4-9]
   */
  receive({ qos, packetId }: PublishPacket): boolean {
    const isOpen = qos === 2 && this.open.has(packetId);
    if (!isOpen && this.opened >= this.limit) {
      const what = `expected ${this.limit} unacknowledged messages at most, got one more`;
      throw new ProtocolError(what, 'MQTT5-3.3.4-9', { reasonCode: RECEIVE_MAXIMUM_EXCEEDED });
    }
    if (qos === 1) return true;
    if (!isOpen) {
      this.open.add(packetId);
      this.opened++;
    }
    return !this.delivered.has(packetId);
  }

  /** PUBREL came. @returns whether its message was delivered in this session */
  release(packetId: number): boolean {
    if (this.open.delete(packetId)) this.opened--;
    return this.delivered.delete(packetId);
  }
}
