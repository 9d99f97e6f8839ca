import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import type { ProtocolVersion, SubackPacket } from './Packet.js';
import { readProperties, withProperties, writeProperties } from './properties.js';
import { readReasons, writeReasons } from './reasonCodes.js';

/** SUBACK has the identifier of the SUBSCRIBE. */
const PACKET_ID = '2.3.1-7';
/** It has a code for each filter. */
const FOR_EACH = '3.9.3-1';

/**
 * Reads SUBACK.
 *
 * Layout: 0x90 · remaining length · packet identifier (2 bytes) · MQTT 5: properties · a return code, in MQTT 5 reason code,
 * (1 byte) for each filter, in order.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no return code [MQTT-3.9.3-1], a reserved one [MQTT-3.9.3-2]
 *   [MQTT5-3.9.3-2], properties
 */
export function readSuback(reader: ByteReader, _first: number, version: ProtocolVersion): SubackPacket {
  const packetId = reader.packetId(PACKET_ID);
  const properties = readProperties(reader, 'suback', version);
  const reasonCodes = readReasons(reader, 'suback', version, FOR_EACH);
  return withProperties<SubackPacket>({ type: 'suback', packetId, reasonCodes }, properties, version);
}

/**
 * Writes SUBACK.
 *
 * @throws {ProtocolError} what `readSuback` would refuse, and what MQTT 3.1.1 cannot say
 */
export function writeSuback(writer: ByteWriter, packet: SubackPacket, version: ProtocolVersion): void {
  const { packetId, reasonCodes, properties } = packet;
  writer.packetId(packetId, PACKET_ID);
  writeProperties(writer, properties, 'suback', version);
  writeReasons(writer, reasonCodes, 'suback', version, FOR_EACH);
}
