import { ProtocolError } from '../errors.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, writeFixedHeader } from './fixedHeader.js';
import type { SubscribePacket, SubscriptionRequest } from './Packet.js';
import { checkPacketId } from './packetId.js';
import { checkQoS } from './qos.js';
import { checkReceivedFilter, checkTopicFilter } from './topicText.js';

/**
 * Writes SUBSCRIBE.
 *
 * Layout: 0x82 · remaining length · packet identifier (2 bytes) · for each: length (2 bytes), topic filter, QoS (1 byte).
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter at all [MQTT-3.8.3-3], QoS [MQTT-3.8.3-4]
 * @throws {InvalidTopicError} a filter that is empty, ill-formed or too long
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function writeSubscribe(writer: ByteWriter, packet: SubscribePacket): void {
  const { packetId, subscriptions } = packet;
  checkPacketId(packetId, 'MQTT-2.3.1-1');
  if (subscriptions.length === 0) throw noFilter();
  let remaining = 2;
  for (const { filter, qos } of subscriptions) {
    checkQoS(qos, 'requested QoS', 'MQTT-3.8.3-4');
    remaining += 3 + checkTopicFilter(filter);
  }
  writeFixedHeader(writer, FIRST_BYTE.subscribe, remaining);
  writer.writeUint16(packetId);
  for (const { filter, qos } of subscriptions) {
    writer.writeText(filter);
    writer.writeByte(qos);
  }
}

/**
 * Reads SUBSCRIBE.
 *
 * @throws {ProtocolError} packet identifier 0 [MQTT-2.3.1-1], no filter at all [MQTT-3.8.3-3], reserved bits or QoS 3
 *   [MQTT-3.8.3-4], a filter that is empty [MQTT-4.7.3-1] or ill-formed [MQTT-3.8.3-1]
 */
export function readSubscribe(reader: ByteReader): SubscribePacket {
  const packetId = reader.readPacketId('MQTT-2.3.1-1');
  if (reader.offset === reader.end) throw noFilter();
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.offset < reader.end) {
    const filter = checkReceivedFilter(reader.readText('topic filter'), 'topic filter');
    // The upper six bits are reserved: with one of them set, the byte is above 3 as well.
    const qos = checkQoS(reader.readByte('requested QoS'), 'requested QoS', 'MQTT-3.8.3-4');
    subscriptions.push({ filter, qos });
  }
  return { type: 'subscribe', packetId, subscriptions };
}

function noFilter(): ProtocolError {
  return new ProtocolError('subscriptions: at least one topic filter expected, none came', 'MQTT-3.8.3-3');
}
