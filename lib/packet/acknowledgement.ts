import type { Fields } from './Fields.js';
import type { AcknowledgementPacket, UnsubackPacket } from './Packet.js';

type Acknowledgement = AcknowledgementPacket | UnsubackPacket;

/**
 * PUBACK, PUBREC, PUBREL, PUBCOMP (MQTT sections 3.4 to 3.7) or UNSUBACK (MQTT section 3.11).
 *
 * Layout: first byte · 2 · packet identifier (2 bytes).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-6] [MQTT-2.3.1-7]
 */
export function acknowledgement(
  fields: Fields,
  given: Partial<Acknowledgement>,
  first: number,
  type: Acknowledgement['type'],
): Acknowledgement {
  return { type, packetId: fields.packetId(given.packetId, statementOf(first)) };
}

/** Which statement of section 2.3.1 wants the identifier of a PUBLISH, and which that of an UNSUBSCRIBE. */
export function statementOf(first: number): number {
  return first === 0xb0 ? 7 : 6;
}
