import type { Packet } from '../../codec.js';
import { demand } from './demand.js';

/** What must be answered by what, and the statement about the order of the answers. */
const ANSWERS = {
  puback: 'MQTT-4.6.0-2',
  pubrec: 'MQTT-4.6.0-3',
  pubrel: 'MQTT-4.6.0-4',
} as const;

type Answer = keyof typeof ANSWERS;

/**
 * What the client has to answer on one connection, in the order in which it was asked. It may leave a message without an
 * answer until its next connection, and answer those behind it; then that answer must not come any more.
 */
export class Acknowledgements {
  private readonly due: Readonly<Record<Answer, number[]>> = { puback: [], pubrec: [], pubrel: [] };
  private readonly passedOver: Readonly<Record<Answer, Set<number>>> = {
    puback: new Set(),
    pubrec: new Set(),
    pubrel: new Set(),
  };

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
   * @throws {ProtocolError} it was due before another one that has come
   */
  came(type: Answer, packetId: number): boolean {
    const due = this.due[type];
    const at = due.indexOf(packetId);
    const isLate = this.passedOver[type].has(packetId);
    demand(!isLate, ANSWERS[type], `${type} for packet identifier ${packetId} behind one that was due after it`);
    const before = due.splice(0, at + 1).slice(0, -1);
    // Who releases messages has no reason to leave one out.
    demand(before.length === 0 || type !== 'pubrel', ANSWERS[type], `${type} for packet identifier ${packetId} before the one for ${String(before[0])}`); // prettier-ignore
    for (const id of before) this.passedOver[type].add(id);
    return at >= 0;
  }
}
