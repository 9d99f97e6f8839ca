import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE } from './fixedHeader.js';
import type { AcknowledgementPacket, UnsubackPacket } from './Packet.js';
import { checkPacketId } from './packetId.js';

/**
 * Writes PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK.
 *
 * Layout: first byte · 2 · packet identifier (2 bytes).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-6] [MQTT-2.3.1-7]
 */
export function writeAcknowledgement(writer: ByteWriter, packet: AcknowledgementPacket | UnsubackPacket): void {
  const { type, packetId } = packet;
  checkPacketId(packetId, clauseOf(type));
  writer.reserve(4);
  const { bytes, offset } = writer;
  bytes[offset] = FIRST_BYTE[type];
  bytes[offset + 1] = 2;
  bytes[offset + 2] = packetId >> 8;
  bytes[offset + 3] = packetId;
  writer.offset = offset + 4;
}

// One reader a type, so that each call site makes one shape from constants.

/** Reads PUBACK [MQTT-3.4]. Throws a ProtocolError if the packet identifier is 0 [MQTT-2.3.1-6]; so do those below. */
export function readPuback(reader: ByteReader): AcknowledgementPacket {
  return { type: 'puback', packetId: reader.readPacketId('MQTT-2.3.1-6') };
}

/** Reads PUBREC [MQTT-3.5]. */
export function readPubrec(reader: ByteReader): AcknowledgementPacket {
  return { type: 'pubrec', packetId: reader.readPacketId('MQTT-2.3.1-6') };
}

/** Reads PUBREL [MQTT-3.6]. */
export function readPubrel(reader: ByteReader): AcknowledgementPacket {
  return { type: 'pubrel', packetId: reader.readPacketId('MQTT-2.3.1-6') };
}

/** Reads PUBCOMP [MQTT-3.7]. */
export function readPubcomp(reader: ByteReader): AcknowledgementPacket {
  return { type: 'pubcomp', packetId: reader.readPacketId('MQTT-2.3.1-6') };
}

/** Reads UNSUBACK [MQTT-3.11]; the packet identifier is that of an UNSUBSCRIBE [MQTT-2.3.1-7]. */
export function readUnsuback(reader: ByteReader): UnsubackPacket {
  return { type: 'unsuback', packetId: reader.readPacketId('MQTT-2.3.1-7') };
}

function clauseOf(type: AcknowledgementPacket['type'] | 'unsuback'): string {
  return type === 'unsuback' ? 'MQTT-2.3.1-7' : 'MQTT-2.3.1-6';
}
