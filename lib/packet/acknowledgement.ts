import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import type { AcknowledgementPacket } from './Packet.js';

/** An acknowledgement has the identifier of the PUBLISH. */
const PACKET_ID = '2.3.1-6';

/**
 * Reads PUBACK, PUBREC, PUBREL or PUBCOMP (MQTT sections 3.4 to 3.7).
 *
 * Layout: first byte · 2 · packet identifier (2 bytes).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-6]
 */
export function readAcknowledgement<T extends AcknowledgementPacket['type']>(
  reader: ByteReader,
  type: T,
): AcknowledgementPacket & { readonly type: T } {
  return { type, packetId: reader.packetId(PACKET_ID) };
}

/**
 * Writes PUBACK, PUBREC, PUBREL or PUBCOMP.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-6]
 */
export function writeAcknowledgement(writer: ByteWriter, packet: AcknowledgementPacket): void {
  writer.packetId(packet.packetId, PACKET_ID);
}
