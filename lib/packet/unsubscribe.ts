import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, check } from './check.js';
import type { ProtocolVersion, UnsubscribePacket } from './Packet.js';
import { readProperties, withProperties, writeProperties } from './properties.js';

/** UNSUBSCRIBE has a packet identifier. */
const PACKET_ID = '2.3.1-1';

/**
 * Reads UNSUBSCRIBE.
 *
 * Layout: 0xa2 · remaining length · packet identifier (2 bytes) · MQTT 5: properties · for each: length (2 bytes), topic
 * filter.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.10.3-2], a filter that is empty
 *   [MQTT-4.7.3-1] or ill-formed [MQTT-3.10.3-1], properties
 */
export function readUnsubscribe(reader: ByteReader, _first: number, version: ProtocolVersion): UnsubscribePacket {
  const packetId = reader.packetId(PACKET_ID);
  const properties = readProperties(reader, 'unsubscribe', version);
  const filters: string[] = [];
  while (reader.hasMore) filters.push(reader.text('topic filter', 'filter'));
  checkCount(filters);
  return withProperties<UnsubscribePacket>({ type: 'unsubscribe', packetId, filters }, properties, version);
}

/**
 * Writes UNSUBSCRIBE.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.10.3-2], properties, and what MQTT 3.1.1
 *   cannot say
 * @throws {InvalidTopicError} a filter that is empty, ill-formed or too long
 */
export function writeUnsubscribe(writer: ByteWriter, packet: UnsubscribePacket, version: ProtocolVersion): void {
  const { packetId, filters, properties } = packet;
  writer.packetId(packetId, PACKET_ID);
  writeProperties(writer, properties, 'unsubscribe', version);
  checkCount(filters);
  for (const filter of filters) writer.text('topic filter', filter, 'filter');
}

function checkCount(filters: readonly string[]): void {
  check(filters.length, 'filters', '1 or more', 0, '3.10.3-2', PROTOCOL_ERROR);
}
