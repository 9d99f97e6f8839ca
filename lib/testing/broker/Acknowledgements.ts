import type { Packet } from '../../codec.js';
import { demand } from './demand.js';

/** What must be answered by what, and the statement about the order of the answers. */
const ANSWERS = {
  puback: 'MQTT-4.6.0-2',
  pubrec: 'MQTT-4.6.0-3',
  pubrel: 'MQTT-4.6.0-4',
} as const;

type Answer = keyof typeof ANSWERS;

/** What the client has to answer on one connection, in the order in which it was asked. */
export class Acknowledgements {
  private readonly due: Readonly<Record<Answer, number[]>> = { puback: [], pubrec: [], pubrel: [] };

  /** The broker sent a packet. */
  sent(packet: Packet): void {
    if (packet.type === 'publish' && packet.qos > 0) {
      this.due[packet.qos === 1 ? 'puback' : 'pubrec'].push(packet.packetId);
    } else if (packet.type === 'pubrec' && (packet.reasonCode ?? 0) < 0x80) this.due.pubrel.push(packet.packetId);
  }

  /**
   * An answer came.
   *
   * @returns whether it was asked for here
   * @throws {ProtocolError} another one is due before it
   */
  came(type: Answer, packetId: number): boolean {
    const due = this.due[type];
    const at = due.indexOf(packetId);
    const first = due[0];
    demand(at <= 0, ANSWERS[type], `${type} for packet identifier ${packetId} before the one for ${String(first)}`);
    if (at === 0) due.shift();
    return at === 0;
  }
}
