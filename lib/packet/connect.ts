import { ProtocolError } from '../errors.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, writeFixedHeader } from './fixedHeader.js';
import type { ConnectPacket, WillMessage } from './Packet.js';
import { checkQoS } from './qos.js';
import { checkReceivedName, checkTopicName } from './topicText.js';
import { MAX_FIELD_LENGTH, checkText } from './utf8.js';

const NAME = 'MQTT';
const LEVEL = 4;
const CLEAN = 0x02;
const WILL = 0x04;
const WILL_QOS = 3;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;

/**
 * Writes CONNECT.
 *
 * Layout: 0x10 · remaining length · 0 4 "MQTT" · 4 · connect flags (1 byte) · keep-alive in seconds (2 bytes) · client
 * identifier · will topic, will message · user name · password. Each field of the payload is a length of two bytes and
 * as many bytes [MQTT-3.1.3-1]. Flags: USER_NAME 0x80, PASSWORD 0x40, WILL_RETAIN 0x20, will QoS 0x18, WILL 0x04, CLEAN 0x02.
 *
 * @throws {ProtocolError} keep-alive, an empty client identifier without clean start [MQTT-3.1.3-8], a password without
 *   user name [MQTT-3.1.2-22], will QoS [MQTT-3.1.2-14], text that is ill-formed, a field of more than 65,535 bytes
 * @throws {InvalidTopicError} the will topic
 */
export function writeConnect(writer: ByteWriter, packet: ConnectPacket): void {
  const { clientId, keepAlive, will, username, password } = packet;
  if ((keepAlive & 0xffff) !== keepAlive) {
    throw new ProtocolError(`keep-alive: 0 to 65535 seconds expected, ${keepAlive} came`, 'MQTT-3.1.2.10');
  }
  checkClientId(packet.clientId, packet.cleanStart);
  if (password !== undefined && username === undefined) throw passwordAlone();
  let remaining = 12 + checkText(clientId, 'client identifier');
  if (will !== undefined) remaining += willLength(will);
  if (username !== undefined) remaining += 2 + checkText(username, 'user name');
  if (password !== undefined) remaining += 2 + binaryLength(password, 'password');

  writeFixedHeader(writer, FIRST_BYTE.connect, remaining);
  writer.writeText(NAME);
  writer.writeByte(LEVEL);
  writer.writeByte(flagsOf(packet));
  writer.writeUint16(keepAlive);
  writer.writeText(clientId);
  if (will !== undefined) {
    writer.writeText(will.topic);
    writer.writeBinary(will.payload);
  }
  if (username !== undefined) writer.writeText(username);
  if (password !== undefined) writer.writeBinary(password);
}

/**
 * Reads CONNECT.
 *
 * @throws {ProtocolError} protocol name [MQTT-3.1.2-1] or level [MQTT-3.1.2-2], connect flags [MQTT-3.1.2-3]
 *   [MQTT-3.1.2-13] [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT-3.1.2-22], an empty client identifier without clean start
 *   [MQTT-3.1.3-8], ill-formed text, the will topic, missing or trailing bytes
 */
export function readConnect(reader: ByteReader): ConnectPacket {
  const name = reader.readText('protocol name');
  if (name !== NAME) {
    const came = JSON.stringify(name.slice(0, 80));
    throw new ProtocolError(`protocol name: "${NAME}" expected, ${came} came`, 'MQTT-3.1.2-1');
  }
  const level = reader.readByte('protocol level');
  if (level !== LEVEL) throw new ProtocolError(`protocol level: ${LEVEL} expected, ${level} came`, 'MQTT-3.1.2-2');
  const flags = reader.readByte('connect flags');
  checkFlags(flags);
  const keepAlive = reader.readUint16('keep-alive');
  const cleanStart = (flags & CLEAN) !== 0;
  const clientId = checkClientId(reader.readText('client identifier'), cleanStart);
  const will = flags & WILL ? readWill(reader, flags) : undefined;
  const username = flags & USER_NAME ? reader.readText('user name') : undefined;
  const password = flags & PASSWORD ? reader.readBinary('password') : undefined;
  return { type: 'connect', clientId, cleanStart, keepAlive, username, password, will };
}

function flagsOf({ cleanStart, will, username, password }: ConnectPacket): number {
  return (
    (cleanStart ? CLEAN : 0) |
    (will ? WILL | (will.qos << WILL_QOS) | (will.retain ? WILL_RETAIN : 0) : 0) |
    (username === undefined ? 0 : USER_NAME) |
    (password === undefined ? 0 : PASSWORD)
  );
}

function checkFlags(flags: number): void {
  if (flags & 1) throw new ProtocolError('reserved connect flag: 0 expected, 1 came', 'MQTT-3.1.2-3');
  const willQoS = (flags >> WILL_QOS) & 3;
  if (flags & WILL) {
    checkQoS(willQoS, 'will QoS', 'MQTT-3.1.2-14');
  } else if (willQoS !== 0) {
    throw new ProtocolError(`will QoS: 0 expected without a will, ${willQoS} came`, 'MQTT-3.1.2-13');
  } else if (flags & WILL_RETAIN) {
    throw new ProtocolError('will retain: 0 expected without a will, 1 came', 'MQTT-3.1.2-15');
  }
  if (flags & PASSWORD && !(flags & USER_NAME)) throw passwordAlone();
}

function checkClientId(clientId: string, cleanStart: boolean): string {
  if (clientId === '' && !cleanStart) {
    throw new ProtocolError('client identifier: at least one character expected without clean start', 'MQTT-3.1.3-8');
  }
  return clientId;
}

function passwordAlone(): ProtocolError {
  return new ProtocolError('password: none expected without a user name', 'MQTT-3.1.2-22');
}

function willLength({ topic, payload, qos }: WillMessage): number {
  checkQoS(qos, 'will QoS', 'MQTT-3.1.2-14');
  return 4 + checkTopicName(topic) + binaryLength(payload, 'will message');
}

function readWill(reader: ByteReader, flags: number): WillMessage {
  const topic = checkReceivedName(reader.readText('will topic'), 'will topic');
  const payload = reader.readBinary('will message');
  const qos = checkQoS((flags >> WILL_QOS) & 3, 'will QoS', 'MQTT-3.1.2-14');
  return { topic, payload, qos, retain: (flags & WILL_RETAIN) !== 0 };
}

function binaryLength(data: Uint8Array, field: string): number {
  if (data.length > MAX_FIELD_LENGTH) {
    const clause = field === 'password' ? 'MQTT-3.1.3.5' : 'MQTT-3.1.3.3';
    throw new ProtocolError(`${field}: at most ${MAX_FIELD_LENGTH} bytes expected, ${data.length} came`, clause);
  }
  return data.length;
}
