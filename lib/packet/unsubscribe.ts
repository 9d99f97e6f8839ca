import type { Fields } from './Fields.js';
import type { UnsubscribePacket } from './Packet.js';

/**
 * UNSUBSCRIBE.
 *
 * Layout: 0xa2 · remaining length · packet identifier (2 bytes) · for each: length (2 bytes), topic filter.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter at all [MQTT-3.10.3-2], a filter that came empty
 *   [MQTT-4.7.3-1] or ill-formed [MQTT-3.10.3-1]
 * @throws {InvalidTopicError} a filter given that is empty, ill-formed or too long
 */
export function unsubscribe(fields: Fields, given: Partial<UnsubscribePacket>): UnsubscribePacket {
  const packetId = fields.packetId(given.packetId, 1);
  const filter = (given?: string) => fields.text('topic filter', given, 'filter');
  return { type: 'unsubscribe', packetId, filters: fields.each('filters', given.filters, filter, '3.10.3-2') };
}
