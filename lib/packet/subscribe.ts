import { oneOf } from './check.js';
import type { Fields } from './Fields.js';
import type { QoS, SubscribePacket, SubscriptionRequest } from './Packet.js';

/**
 * SUBSCRIBE.
 *
 * Layout: 0x82 · remaining length · packet identifier (2 bytes) · for each: length (2 bytes), topic filter, QoS (1 byte).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter at all [MQTT-3.8.3-3], reserved bits or QoS 3
 *   [MQTT-3.8.3-4], a filter that came empty [MQTT-4.7.3-1] or ill-formed [MQTT-3.8.3-1]
 * @throws {InvalidTopicError} a filter given that is empty, ill-formed or too long
 */
export function subscribe(fields: Fields, given: Partial<SubscribePacket>): SubscribePacket {
  const packetId = fields.packetId(given.packetId, 1);
  const request = (given?: SubscriptionRequest) => ({
    filter: fields.text('topic filter', given?.filter, 'filter'),
    // The upper six bits are reserved: with one of them set, the byte is above 3 as well.
    qos: oneOf<QoS>([0, 1, 2], 'requested QoS', fields.byte('requested QoS', given?.qos), '3.8.3-4'),
  });
  const subscriptions = fields.each('subscriptions', given.subscriptions, request, '3.8.3-3');
  return { type: 'subscribe', packetId, subscriptions };
}
