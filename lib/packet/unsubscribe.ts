import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check } from './check.js';
import type { UnsubscribePacket } from './Packet.js';

/** UNSUBSCRIBE has a packet identifier. */
const PACKET_ID = '2.3.1-1';

/**
 * Reads UNSUBSCRIBE.
 *
 * Layout: 0xa2 · remaining length · packet identifier (2 bytes) · for each: length (2 bytes), topic filter.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.10.3-2], a filter that is empty
 *   [MQTT-4.7.3-1] or ill-formed [MQTT-3.10.3-1]
 */
export function readUnsubscribe(reader: ByteReader): UnsubscribePacket {
  const packetId = reader.packetId(PACKET_ID);
  const filters: string[] = [];
  while (reader.hasMore) filters.push(reader.text('topic filter', 'filter'));
  checkCount(filters);
  return { type: 'unsubscribe', packetId, filters };
}

/**
 * Writes UNSUBSCRIBE.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.10.3-2]
 * @throws {InvalidTopicError} a filter that is empty, ill-formed or too long
 */
export function writeUnsubscribe(writer: ByteWriter, { packetId, filters }: UnsubscribePacket): void {
  writer.packetId(packetId, PACKET_ID);
  checkCount(filters);
  for (const filter of filters) writer.text('topic filter', filter, 'filter');
}

function checkCount(filters: readonly string[]): void {
  check(filters.length, 'filters', '1 or more', 0, '3.10.3-2');
}
