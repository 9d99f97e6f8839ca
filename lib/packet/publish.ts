import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, checkPacketId, oneOf } from './check.js';
import { putFixedHeader } from './fixedHeader.js';
import type { PublishPacket, QoS } from './Packet.js';

const RETAIN = 1;
const QOS = 1;
const DUP = 8;

/**
 * Writes PUBLISH.
 *
 * Layout: 0x30 | DUP 0x08 | QoS 0x06 | RETAIN 0x01 · remaining length (1 to 4 bytes) · length of the topic name
 * (2 bytes) · topic name · packet identifier (2 bytes, only at QoS 1 and 2 [MQTT-2.3.1-5]) · payload.
 *
 * @throws {ProtocolError} QoS [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], packet identifier [MQTT-2.3.1-1] [MQTT-2.3.1-5]
 * @throws {InvalidTopicError} wildcards [MQTT-3.3.2-2], empty, U+0000, lone surrogate, more than 65,535 bytes
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function writePublish(writer: ByteWriter, packet: PublishPacket): void {
  writePublishHeader(writer, packet);
  writer.append(packet.payload);
}

/**
 * Writes PUBLISH without its payload, which the remaining length counts all the same: the caller sends `packet.payload`
 * right after, uncopied. Throws what `writePublish` throws.
 */
export function writePublishHeader(writer: ByteWriter, packet: PublishPacket): void {
  const { topic, payload, qos, retain, dup, packetId } = packet;
  checkFlags(qos, dup);
  if (qos > 0) checkPacketId(packetId, 1);
  else check(packetId === 0, 'packet identifier at QoS 0', 0, packetId, '2.3.1-5');
  const first = 0x30 | (dup ? DUP : 0) | (qos << QOS) | (retain ? RETAIN : 0);
  const { length } = topic;
  // As if every character took one byte. If one does not, or is not allowed, it is done again below: nothing
  // counts as written before `writer.offset` is set.
  writer.reserve(9 + Math.min(length, 0xffff));
  const { bytes } = writer;
  const at = putFixedHeader(bytes, writer.offset, first, 2 + length + (qos > 0 ? 2 : 0) + payload.length);
  if (length <= 0xffff && putPlain(bytes, at + 2, topic)) {
    bytes[at] = length >> 8;
    bytes[at + 1] = length;
    writer.offset = at + 2 + length;
    if (qos > 0) writer.uint16('', packetId);
    return;
  }
  const fields = () => {
    writer.text('topic name', topic, 'name');
    if (qos > 0) writer.uint16('', packetId);
  };
  writer.packet(first, fields, payload.length);
}

/**
 * Reads PUBLISH.
 *
 * @throws {ProtocolError} QoS 3 [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], packet identifier 0 [MQTT-2.3.1-1],
 *   topic name: empty [MQTT-4.7.3-1], wildcards [MQTT-3.3.2-2], ill-formed [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2]
 */
export function readPublish(reader: ByteReader, _given: object, first: number): PublishPacket {
  const qos = ((first >> QOS) & 3) as QoS;
  const dup = (first & DUP) !== 0;
  checkFlags(qos, dup);
  const topic = reader.topicName();
  const packetId = qos > 0 ? reader.packetId(undefined, 1) : 0;
  return { type: 'publish', topic, payload: reader.rest(), qos, retain: (first & RETAIN) !== 0, dup, packetId };
}

function checkFlags(qos: number, dup: boolean): void {
  if (qos !== 0 && qos !== 1 && qos !== 2) oneOf([0, 1, 2], 'QoS', qos, '3.3.1-4');
  check(qos > 0 || !dup, 'DUP at QoS 0', 0, 1, '3.3.1-2');
}

/** Writes a topic name to `bytes` from `at` on, provided that it is plain ASCII; says whether it is, and valid. */
function putPlain(bytes: Uint8Array, at: number, topic: string): boolean {
  for (let i = 0; i < topic.length; i++) {
    const unit = topic.charCodeAt(i);
    if (unit > 0x7f || (unit < 0x2c && (unit === 0 || unit === 0x23 || unit === 0x2b))) return false;
    bytes[at + i] = unit;
  }
  return topic !== '';
}
