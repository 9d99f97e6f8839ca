import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import type { UnsubackPacket } from './Packet.js';

/** UNSUBACK has the identifier of the UNSUBSCRIBE. */
const PACKET_ID = '2.3.1-7';

/**
 * Reads UNSUBACK.
 *
 * Layout: 0xb0 · 2 · packet identifier (2 bytes).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7]
 */
export function readUnsuback(reader: ByteReader): UnsubackPacket {
  return { type: 'unsuback', packetId: reader.packetId(PACKET_ID) };
}

/**
 * Writes UNSUBACK.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7]
 */
export function writeUnsuback(writer: ByteWriter, packet: UnsubackPacket): void {
  writer.packetId(packet.packetId, PACKET_ID);
}
