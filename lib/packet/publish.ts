import { InvalidTopicError, ProtocolError } from '../errors.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, checkRemaining, putFixedHeader } from './fixedHeader.js';
import type { PublishPacket, QoS } from './Packet.js';
import { checkPacketId } from './packetId.js';
import { checkQoS } from './qos.js';
import { checkTopicName } from './topicText.js';
import { MAX_FIELD_LENGTH, writeUtf8 } from './utf8.js';

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
  const { topic, qos, dup, packetId } = packet;
  checkFlags(qos, dup);
  if (qos > 0) checkPacketId(packetId, 'MQTT-2.3.1-1');
  else if (packetId !== 0) throw unexpectedId(packetId);
  const characters = topic.length;
  if (characters > MAX_FIELD_LENGTH) throw tooLong(topic);
  const rest = 2 + (qos > 0 ? 2 : 0) + packet.payload.length;
  checkRemaining(characters + rest);
  const first = FIRST_BYTE.publish | (dup ? 8 : 0) | (qos << 1) | (packet.retain ? 1 : 0);

  // As if every character took one byte. If one does not, or is not allowed, it is done again below: nothing
  // counts as written before `writer.offset` is set.
  writer.reserve(9 + characters);
  const { bytes } = writer;
  let at = putFixedHeader(bytes, writer.offset, first, characters + rest);
  bytes[at] = characters >> 8;
  bytes[at + 1] = characters;
  at += 2;
  let i = 0;
  for (; i < characters; i++) {
    const unit = topic.charCodeAt(i);
    if (unit > 0x7f || (unit < 0x2c && (unit === 0 || unit === 0x23 || unit === 0x2b))) break;
    bytes[at + i] = unit;
  }
  if (i === 0 || i < characters) {
    putAnyTopic(writer, packet, first, rest);
  } else {
    writer.offset = at + characters;
  }
  if (qos > 0) writer.writeUint16(packetId);
}

/**
 * Reads PUBLISH.
 *
 * @param flags the lower four bits of the first byte
 * @throws {ProtocolError} QoS 3 [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], packet identifier 0 [MQTT-2.3.1-1],
 *   topic name: empty [MQTT-4.7.3-1], wildcards [MQTT-3.3.2-2], ill-formed [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2]
 */
export function readPublish(reader: ByteReader, flags: number): PublishPacket {
  const qos = ((flags >> 1) & 3) as QoS;
  const dup = (flags & 8) !== 0;
  checkFlags(qos, dup);
  const topic = reader.readTopicName();
  const packetId = qos > 0 ? reader.readPacketId('MQTT-2.3.1-1') : 0;
  return { type: 'publish', topic, payload: reader.readRest(), qos, retain: (flags & 1) !== 0, dup, packetId };
}

function checkFlags(qos: number, dup: boolean): void {
  if (qos === 0) {
    if (dup) throw new ProtocolError('DUP: 0 expected at QoS 0, 1 came', 'MQTT-3.3.1-2');
  } else if (qos !== 1 && qos !== 2) {
    checkQoS(qos, 'QoS', 'MQTT-3.3.1-4');
  }
}

/** The fixed header and a topic that is not plain ASCII, or not valid. */
function putAnyTopic(writer: ByteWriter, packet: PublishPacket, first: number, rest: number): void {
  const { topic } = packet;
  const length = checkTopicName(topic);
  checkRemaining(length + rest);
  writer.reserve(9 + length);
  const { bytes } = writer;
  const at = putFixedHeader(bytes, writer.offset, first, length + rest);
  bytes[at] = length >> 8;
  bytes[at + 1] = length;
  writer.offset = writeUtf8(bytes, at + 2, topic);
}

function tooLong(topic: string): InvalidTopicError {
  return new InvalidTopicError(
    topic,
    `at most ${MAX_FIELD_LENGTH} bytes expected, ${topic.length} or more came [MQTT-4.7.3-3]`,
  );
}

function unexpectedId(packetId: number): ProtocolError {
  return new ProtocolError(`packet identifier: 0 (none) expected at QoS 0, ${packetId} came`, 'MQTT-2.3.1-5');
}
