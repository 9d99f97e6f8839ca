import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import type { AcknowledgementPacket, ProtocolVersion } from './Packet.js';
import { readLastProperties, readReason, writeReason } from './reason.js';

/** An acknowledgement has the identifier of the PUBLISH. */
const PACKET_ID = '2.3.1-6';

/**
 * Reads PUBACK, PUBREC, PUBREL or PUBCOMP (MQTT sections 3.4 to 3.7).
 *
 * Layout: first byte · remaining length · packet identifier (2 bytes) · MQTT 5: reason code (1 byte, may be left out if it
 * is 0 and there are no properties) · properties (may be left out if there are none).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-6], reason code [MQTT5-3.4.2-1] [MQTT5-3.5.2-1] [MQTT5-3.6.2-1]
 *   [MQTT5-3.7.2-1], properties
 */
export function readAcknowledgement<T extends AcknowledgementPacket['type']>(
  reader: ByteReader,
  type: T,
  version: ProtocolVersion,
): AcknowledgementPacket & { readonly type: T } {
  const packetId = reader.packetId(PACKET_ID);
  if (version === 4) return { type, packetId };
  return { type, packetId, reasonCode: readReason(reader, type), properties: readLastProperties(reader, type) };
}

/**
 * Writes PUBACK, PUBREC, PUBREL or PUBCOMP, in the shortest form.
 *
 * @throws {ProtocolError} what `readAcknowledgement` would refuse, and what MQTT 3.1.1 cannot say
 */
export function writeAcknowledgement(
  writer: ByteWriter,
  packet: AcknowledgementPacket,
  version: ProtocolVersion,
): void {
  writer.packetId(packet.packetId, PACKET_ID);
  writeReason(writer, packet, version);
}
