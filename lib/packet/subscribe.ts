import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, oneOf } from './check.js';
import type { QoS, SubscribePacket, SubscriptionRequest } from './Packet.js';

/** SUBSCRIBE has a packet identifier. */
const PACKET_ID = '2.3.1-1';

/**
 * Reads SUBSCRIBE.
 *
 * Layout: 0x82 · remaining length · packet identifier (2 bytes) · for each: length (2 bytes), topic filter, QoS (1 byte).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.8.3-3], reserved bits or QoS 3
 *   [MQTT-3.8.3-4], a filter that is empty [MQTT-4.7.3-1] or ill-formed [MQTT-3.8.3-1]
 */
export function readSubscribe(reader: ByteReader): SubscribePacket {
  const packetId = reader.packetId(PACKET_ID);
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.hasMore) {
    const filter = reader.text('topic filter', 'filter');
    subscriptions.push({ filter, qos: checkedQoS(reader.byte('requested QoS')) });
  }
  checkCount(subscriptions);
  return { type: 'subscribe', packetId, subscriptions };
}

/**
 * Writes SUBSCRIBE.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.8.3-3], QoS [MQTT-3.8.3-4]
 * @throws {InvalidTopicError} a filter that is empty, ill-formed or too long
 */
export function writeSubscribe(writer: ByteWriter, { packetId, subscriptions }: SubscribePacket): void {
  writer.packetId(packetId, PACKET_ID);
  checkCount(subscriptions);
  for (const { filter, qos } of subscriptions) {
    writer.text('topic filter', filter, 'filter');
    writer.byte(checkedQoS(qos));
  }
}

/** The upper six bits of the byte are reserved: with one of them set, it is above 2 as well. */
function checkedQoS(qos: number): QoS {
  return oneOf<QoS>([0, 1, 2], 'requested QoS', qos, '3.8.3-4');
}

function checkCount(subscriptions: readonly SubscriptionRequest[]): void {
  check(subscriptions.length, 'subscriptions', '1 or more', 0, '3.8.3-3');
}
