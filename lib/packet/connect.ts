import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, oneOf } from './check.js';
import type { ConnectPacket, ProtocolVersion, QoS, WillMessage } from './Packet.js';
import { readProperties, withProperties, writeProperties } from './properties.js';

const PROTOCOL_NAME = 'MQTT';
/** Unsupported protocol version. */
const UNSUPPORTED = 0x84;

const RESERVED = 0x01;
const CLEAN = 0x02;
const WILL = 0x04;
const WILL_QOS_SHIFT = 3;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;

/**
 * Reads CONNECT.
 *
 * Layout: 0x10 · remaining length · 0 4 "MQTT" · 4, in MQTT 5 5 · connect flags (1 byte) · keep-alive in seconds (2 bytes) ·
 * MQTT 5: properties · client identifier · MQTT 5: will properties · will topic, will message · user name · password. Each
 * field of the payload but properties is a length of two bytes and as many bytes; one whose flag is 0 takes no bytes
 * [MQTT-3.1.3-1]. Flags: USER_NAME 0x80, PASSWORD 0x40, WILL_RETAIN 0x20, will QoS 0x18, WILL 0x04, CLEAN 0x02.
 *
 * @throws {ProtocolError} protocol name [MQTT-3.1.2-1] or level [MQTT-3.1.2-2], connect flags [MQTT-3.1.2-3]
 *   [MQTT-3.1.2-13] [MQTT-3.1.2-14] [MQTT-3.1.2-15], text that is ill-formed, properties; with MQTT 3.1.1 also a password
 *   without a user name [MQTT-3.1.2-22] and an empty client identifier without clean start [MQTT-3.1.3-8]
 */
export function readConnect(reader: ByteReader, _first: number, version: ProtocolVersion): ConnectPacket {
  oneOf([PROTOCOL_NAME], 'protocol name', reader.text('protocol name'), '3.1.2-1', UNSUPPORTED);
  oneOf([version], 'protocol level', reader.byte('protocol level'), '3.1.2-2', UNSUPPORTED);
  const flags = reader.byte('connect flags');
  const cleanStart = (flags & CLEAN) !== 0;
  const retain = (flags & WILL_RETAIN) !== 0;
  const qos = checkedWillQoS((flags >> WILL_QOS_SHIFT) & 3);
  check(!(flags & RESERVED), 'reserved connect flag', 0, 1, '3.1.2-3');
  check(flags & WILL || !qos, 'will QoS without a will', 0, qos, '3.1.2-13');
  check(flags & WILL || !retain, 'will retain without a will', 0, 1, '3.1.2-15');
  const hasWill = (flags & WILL) !== 0;
  const keepAlive = reader.uint16('keep-alive');
  const properties = readProperties(reader, 'connect', version);
  const clientId = reader.text('client identifier');
  checkIn4(version, flags, clientId);
  const will = hasWill ? readWill(reader, qos, retain, version) : undefined;
  const username = flags & USER_NAME ? reader.text('user name') : undefined;
  const password = flags & PASSWORD ? reader.binary('password') : undefined;
  const packet = { type: 'connect', clientId, cleanStart, keepAlive, username, password, will } as const;
  return version === 5 ? { ...packet, protocolVersion: version, properties } : packet;
}

function readWill(reader: ByteReader, qos: QoS, retain: boolean, version: ProtocolVersion): WillMessage {
  const properties = readProperties(reader, 'will', version);
  const topic = reader.text('will topic', 'name');
  return withProperties<WillMessage>(
    { topic, payload: reader.binary('will message'), qos, retain },
    properties,
    version,
  );
}

/**
 * Writes CONNECT.
 *
 * @throws {ProtocolError} will QoS [MQTT-3.1.2-14], keep-alive, text that is ill-formed, a field of more than 65,535 bytes,
 *   properties; with MQTT 3.1.1 also a password without a user name [MQTT-3.1.2-22], an empty client identifier without
 *   clean start [MQTT-3.1.3-8], and what it cannot say; a `protocolVersion` other than `version`
 * @throws {InvalidTopicError} the will topic
 */
export function writeConnect(writer: ByteWriter, packet: ConnectPacket, version: ProtocolVersion): void {
  const { clientId, keepAlive, username, password, will, protocolVersion = version, properties } = packet;
  const flags = flagsOf(packet);
  oneOf([version], 'protocol level', protocolVersion, '3.1.2-2');
  check((keepAlive & 0xffff) === keepAlive, 'keep-alive', '0 to 65535', keepAlive, '3.1.2.10');
  checkIn4(version, flags, clientId);
  writer.text('protocol name', PROTOCOL_NAME);
  writer.byte(version);
  writer.byte(flags);
  writer.uint16(keepAlive);
  writeProperties(writer, properties, 'connect', version);
  writer.text('client identifier', clientId);
  if (will) {
    writeProperties(writer, will.properties, 'will', version);
    writer.text('will topic', will.topic, 'name');
    writer.binary('will message', will.payload, '3.1.3.3');
  }
  if (username !== undefined) writer.text('user name', username);
  if (password !== undefined) writer.binary('password', password, '3.1.3.5');
}

function flagsOf({ cleanStart, will, username, password }: ConnectPacket): number {
  return (
    (cleanStart ? CLEAN : 0) |
    (will ? WILL | (checkedWillQoS(will.qos) << WILL_QOS_SHIFT) | (will.retain ? WILL_RETAIN : 0) : 0) |
    (username === undefined ? 0 : USER_NAME) |
    (password === undefined ? 0 : PASSWORD)
  );
}

function checkedWillQoS(qos: number): QoS {
  return oneOf<QoS>([0, 1, 2], 'will QoS', qos, '3.1.2-14');
}

/** What only MQTT 3.1.1 refuses. */
function checkIn4(version: ProtocolVersion, flags: number, clientId: string): void {
  if (version === 5) return;
  check(flags & USER_NAME || !(flags & PASSWORD), 'password without a user name', 0, 1, '3.1.2-22');
  const isGiven = clientId || flags & CLEAN;
  check(isGiven, 'characters of the client identifier without clean start', '1 or more', 0, '3.1.3-8');
}
