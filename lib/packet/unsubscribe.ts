import { ProtocolError } from '../errors.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, writeFixedHeader } from './fixedHeader.js';
import type { UnsubscribePacket } from './Packet.js';
import { checkPacketId } from './packetId.js';
import { checkReceivedFilter, checkTopicFilter } from './topicText.js';

/**
 * Writes UNSUBSCRIBE.
 *
 * Layout: 0xa2 · remaining length · packet identifier (2 bytes) · for each: length (2 bytes), topic filter.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter at all [MQTT-3.10.3-2]
 * @throws {InvalidTopicError} a filter that is empty, ill-formed or too long
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function writeUnsubscribe(writer: ByteWriter, packet: UnsubscribePacket): void {
  const { packetId, filters } = packet;
  checkPacketId(packetId, 'MQTT-2.3.1-1');
  if (filters.length === 0) throw noFilter();
  let remaining = 2;
  for (const filter of filters) remaining += 2 + checkTopicFilter(filter);
  writeFixedHeader(writer, FIRST_BYTE.unsubscribe, remaining);
  writer.writeUint16(packetId);
  for (const filter of filters) writer.writeText(filter);
}

/**
 * Reads UNSUBSCRIBE.
 *
 * @throws {ProtocolError} packet identifier 0 [MQTT-2.3.1-1], no filter at all [MQTT-3.10.3-2], a filter that is empty
 *   [MQTT-4.7.3-1] or ill-formed [MQTT-3.10.3-1]
 */
export function readUnsubscribe(reader: ByteReader): UnsubscribePacket {
  const packetId = reader.readPacketId('MQTT-2.3.1-1');
  if (reader.offset === reader.end) throw noFilter();
  const filters: string[] = [];
  while (reader.offset < reader.end) {
    filters.push(checkReceivedFilter(reader.readText('topic filter'), 'topic filter'));
  }
  return { type: 'unsubscribe', packetId, filters };
}

function noFilter(): ProtocolError {
  return new ProtocolError('filters: at least one topic filter expected, none came', 'MQTT-3.10.3-2');
}
