import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, oneOf } from './check.js';
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
  const first = begin(writer, packet);
  writer.append(packet.payload);
  writer.finish(first);
}

/**
 * Writes PUBLISH without its payload, which the remaining length counts all the same: the caller sends `packet.payload`
 * right after, uncopied. Throws what `writePublish` throws.
 */
export function writePublishHeader(writer: ByteWriter, packet: PublishPacket): void {
  writer.finish(begin(writer, packet), packet.payload.length);
}

/** Writes what lies between fixed header and payload, and returns the first byte. */
function begin(writer: ByteWriter, { topic, payload, qos, retain, dup, packetId }: PublishPacket): number {
  checkFlags(qos, dup);
  check(qos > 0 || packetId === 0, 'packet identifier at QoS 0', 0, packetId, '2.3.1-5');
  // As if every character took one byte: if one does not, the header may have to be made longer afterwards.
  writer.begin(2 + topic.length + (qos > 0 ? 2 : 0) + payload.length);
  writer.text('topic name', topic, 'name');
  if (qos > 0) writer.packetId(packetId, 1);
  return 0x30 | (dup ? DUP : 0) | (qos << QOS) | (retain ? RETAIN : 0);
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
  const topic = reader.text('topic name', undefined, 'name');
  const packetId = qos > 0 ? reader.packetId(undefined, 1) : 0;
  return { type: 'publish', topic, payload: reader.rest(), qos, retain: (first & RETAIN) !== 0, dup, packetId };
}

function checkFlags(qos: number, dup: boolean): void {
  if (qos !== 0 && qos !== 1 && qos !== 2) oneOf([0, 1, 2], 'QoS', qos, '3.3.1-4');
  check(qos > 0 || !dup, 'DUP at QoS 0', 0, 1, '3.3.1-2');
}
