import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { refuseIn4 } from './check.js';
import type { ProtocolVersion, UnsubackPacket } from './Packet.js';
import { readProperties, writeProperties } from './properties.js';
import { readReasons, writeReasons } from './reasonCodes.js';

/** UNSUBACK has the identifier of the UNSUBSCRIBE. */
const PACKET_ID = '2.3.1-7';
/** In MQTT 5 it has a code for each filter. */
const FOR_EACH = 'MQTT5-3.11.3-1';

/**
 * Reads UNSUBACK.
 *
 * Layout: 0xb0 · remaining length · packet identifier (2 bytes) · MQTT 5: properties · a reason code (1 byte) for each
 * filter, in order.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no reason code [MQTT5-3.11.3-1], one that UNSUBACK may not have
 *   [MQTT5-3.11.3-2], properties
 */
export function readUnsuback(reader: ByteReader, _first: number, version: ProtocolVersion): UnsubackPacket {
  const type = 'unsuback';
  const packetId = reader.packetId(PACKET_ID);
  if (version === 4) return { type, packetId };
  const properties = readProperties(reader, type, version);
  return { type, packetId, reasonCodes: readReasons(reader, type, version, FOR_EACH), properties };
}

/**
 * Writes UNSUBACK.
 *
 * @throws {ProtocolError} what `readUnsuback` would refuse, and what MQTT 3.1.1 cannot say: reason codes other than 0
 */
export function writeUnsuback(writer: ByteWriter, packet: UnsubackPacket, version: ProtocolVersion): void {
  const { type, packetId, reasonCodes = [], properties } = packet;
  writer.packetId(packetId, PACKET_ID);
  writeProperties(writer, properties, type, version);
  if (version === 5) writeReasons(writer, reasonCodes, type, version, FOR_EACH);
  else if (reasonCodes.some((code) => code !== 0)) refuseIn4('reasonCodes');
}
