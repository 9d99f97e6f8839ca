import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, check, oneOf } from './check.js';
import type { ProtocolVersion, PublishPacket, QoS } from './Packet.js';
import { readProperties, writeProperties } from './properties.js';

const FIRST = 0x30;
const RETAIN = 0x01;
const QOS_SHIFT = 1;
const DUP = 0x08;
/** PUBLISH at QoS 1 and 2 has a packet identifier. */
const PACKET_ID = '2.3.1-1';

/**
 * Reads PUBLISH behind its fixed header, whose first byte is `first`.
 *
 * Layout: 0x30 | DUP 0x08 | QoS 0x06 | RETAIN 0x01 · remaining length (1 to 4 bytes) · length of the topic name
 * (2 bytes) · topic name · packet identifier (2 bytes, only at QoS 1 and 2 [MQTT-2.3.1-5]) · MQTT 5: properties · payload.
 *
 * @throws {ProtocolError} QoS 3 [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], packet identifier 0 [MQTT-2.3.1-1],
 *   topic name: empty [MQTT-4.7.3-1], in MQTT 5 empty without topic alias (MQTT5 section 3.3.2.1), wildcards
 *   [MQTT-3.3.2-2], ill-formed [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2]; properties
 */
export function readPublish(reader: ByteReader, first: number, version: ProtocolVersion): PublishPacket {
  const qos = ((first >> QOS_SHIFT) & 3) as QoS;
  const dup = (first & DUP) !== 0;
  checkFlags(qos, dup);
  const topic = reader.topicName('topic name', version === 5);
  const packetId = qos > 0 ? reader.packetId(PACKET_ID) : 0;
  const retain = (first & RETAIN) !== 0;
  if (version === 4) return { type: 'publish', topic, payload: reader.payload(), qos, retain, dup, packetId };
  const properties = readProperties(reader, 'publish', version);
  if (topic === '') {
    const alias = properties?.topicAlias;
    check(alias, 'topic alias of an empty topic name', 'one', alias, 'MQTT5 section 3.3.2.1', PROTOCOL_ERROR);
  }
  return { type: 'publish', topic, payload: reader.payload(), qos, retain, dup, packetId, properties };
}

/**
 * Writes PUBLISH behind its fixed header.
 *
 * @throws {ProtocolError} QoS [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], packet identifier [MQTT-2.3.1-1]
 *   [MQTT-2.3.1-5], properties, and any of them with MQTT 3.1.1
 * @throws {InvalidTopicError} wildcards [MQTT-3.3.2-2], empty without topic alias, U+0000, lone surrogate, more than 65,535
 *   bytes
 */
export function writePublish(writer: ByteWriter, packet: PublishPacket, version: ProtocolVersion): void {
  writePublishFields(writer, packet, version);
  writer.append(packet.payload);
}

/** Writes what stands between the fixed header and the payload. Throws what `writePublish` throws. */
export function writePublishFields(writer: ByteWriter, packet: PublishPacket, version: ProtocolVersion): void {
  const { topic, qos, dup, packetId, properties } = packet;
  checkFlags(qos, dup);
  check(qos > 0 || packetId === 0, 'packet identifier at QoS 0', 0, packetId, '2.3.1-5');
  if (topic === '' && properties?.topicAlias !== undefined) writer.uint16(0);
  else writer.text('topic name', topic, 'name');
  if (qos > 0) writer.packetId(packetId, PACKET_ID);
  // Spelt out for the common case: a call less is 5 ns of 110.
  if (properties !== undefined) writeProperties(writer, properties, 'publish', version);
  else if (version === 5) writer.byte(0); // a length of 0
}

/** The first byte of PUBLISH: its type and flags. */
export function publishFirst({ qos, retain, dup }: PublishPacket): number {
  return FIRST | (dup ? DUP : 0) | (qos << QOS_SHIFT) | (retain ? RETAIN : 0);
}

/** The remaining length of PUBLISH if its topic name is ASCII and it has no properties; else it is more. */
export function guessLength({ topic, payload, qos }: PublishPacket, version: ProtocolVersion): number {
  return 2 + topic.length + (qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0) + payload.length;
}

function checkFlags(qos: number, dup: boolean): void {
  if (qos !== 0 && qos !== 1 && qos !== 2) oneOf([0, 1, 2], 'QoS', qos, '3.3.1-4');
  check(qos > 0 || !dup, 'DUP at QoS 0', 0, 1, '3.3.1-2', PROTOCOL_ERROR);
}
