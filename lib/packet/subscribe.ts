import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, check, oneOf, refuseIn4 } from './check.js';
import type { ProtocolVersion, QoS, RetainHandling, SubscribePacket, SubscriptionRequest } from './Packet.js';
import { readProperties, withProperties, writeProperties } from './properties.js';

/** SUBSCRIBE has a packet identifier. */
const PACKET_ID = '2.3.1-1';

const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAIN_HANDLING_SHIFT = 4;
const RESERVED = 0xc0;

/**
 * Reads SUBSCRIBE.
 *
 * Layout: 0x82 · remaining length · packet identifier (2 bytes) · MQTT 5: properties · for each: length (2 bytes), topic
 * filter, options (1 byte). The options are the QoS, in MQTT 5 besides NO_LOCAL 0x04 | RETAIN_AS_PUBLISHED 0x08 | retain
 * handling 0x30.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.8.3-3], reserved bits or QoS 3
 *   [MQTT-3.8.3-4] [MQTT5-3.8.3-5], retain handling 3, no local for a shared subscription [MQTT5-3.8.3-4], a filter that is
 *   empty [MQTT-4.7.3-1] or ill-formed [MQTT-3.8.3-1], properties
 */
export function readSubscribe(reader: ByteReader, _first: number, version: ProtocolVersion): SubscribePacket {
  const packetId = reader.packetId(PACKET_ID);
  const properties = readProperties(reader, 'subscribe', version);
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.hasMore) subscriptions.push(readRequest(reader, version));
  checkCount(subscriptions);
  return withProperties<SubscribePacket>({ type: 'subscribe', packetId, subscriptions }, properties, version);
}

/**
 * Writes SUBSCRIBE.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-1], no filter [MQTT-3.8.3-3], QoS [MQTT-3.8.3-4], retain handling,
 *   no local for a shared subscription [MQTT5-3.8.3-4], properties, and what MQTT 3.1.1 cannot say
 * @throws {InvalidTopicError} a filter that is empty, ill-formed or too long
 */
export function writeSubscribe(writer: ByteWriter, packet: SubscribePacket, version: ProtocolVersion): void {
  const { packetId, subscriptions, properties } = packet;
  writer.packetId(packetId, PACKET_ID);
  writeProperties(writer, properties, 'subscribe', version);
  checkCount(subscriptions);
  for (const request of subscriptions) {
    checkRequest(request);
    writer.text('topic filter', request.filter, 'filter');
    writer.byte(optionsOf(request, version));
  }
}

function readRequest(reader: ByteReader, version: ProtocolVersion): SubscriptionRequest {
  const filter = reader.text('topic filter', 'filter');
  const options = reader.byte('requested QoS');
  let request: SubscriptionRequest;
  if (version === 4) {
    request = { filter, qos: options as QoS }; // with a reserved bit it is above 2
  } else {
    check(!(options & RESERVED), 'reserved subscription options', 0, options, 'MQTT5-3.8.3-5');
    const noLocal = (options & NO_LOCAL) !== 0;
    const retainAsPublished = (options & RETAIN_AS_PUBLISHED) !== 0;
    const retainHandling = (options >> RETAIN_HANDLING_SHIFT) as RetainHandling;
    request = { filter, qos: (options & 3) as QoS, noLocal, retainAsPublished, retainHandling };
  }
  checkRequest(request);
  return request;
}

/** With MQTT 3.1.1 the options of MQTT 5 are refused, unless they ask for what it does anyway. */
function optionsOf(request: SubscriptionRequest, version: ProtocolVersion): number {
  const { qos, noLocal, retainAsPublished, retainHandling = 0 } = request;
  const more =
    (noLocal ? NO_LOCAL : 0) |
    (retainAsPublished ? RETAIN_AS_PUBLISHED : 0) |
    (retainHandling << RETAIN_HANDLING_SHIFT);
  if (version === 4 && more !== 0) refuseIn4('noLocal, retainAsPublished or retainHandling');
  return qos | more;
}

function checkRequest({ filter, qos, noLocal, retainHandling = 0 }: SubscriptionRequest): void {
  oneOf([0, 1, 2], 'requested QoS', qos, '3.8.3-4', PROTOCOL_ERROR);
  oneOf([0, 1, 2], 'retain handling', retainHandling, 'MQTT5 section 3.8.3.1', PROTOCOL_ERROR);
  const isNeither = !noLocal || !filter.startsWith('$share/');
  check(isNeither, 'no local for a shared subscription', 0, 1, 'MQTT5-3.8.3-4', PROTOCOL_ERROR);
}

function checkCount(subscriptions: readonly SubscriptionRequest[]): void {
  check(subscriptions.length, 'subscriptions', '1 or more', 0, '3.8.3-3', PROTOCOL_ERROR);
}
