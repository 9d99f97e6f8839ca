import { check, oneOf } from './check.js';
import type { Fields } from './Fields.js';
import type { ConnectPacket, QoS, WillMessage } from './Packet.js';

const CLEAN = 0x02;
const WILL = 0x04;
const WILL_QOS = 3;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;

/**
 * CONNECT.
 *
 * Layout: 0x10 · remaining length · 0 4 "MQTT" · 4 · connect flags (1 byte) · keep-alive in seconds (2 bytes) · client
 * identifier · will topic, will message · user name · password. Each field of the payload is a length of two bytes and
 * as many bytes [MQTT-3.1.3-1]. Flags: USER_NAME 0x80, PASSWORD 0x40, WILL_RETAIN 0x20, will QoS 0x18, WILL 0x04, CLEAN 0x02.
 *
 * @throws {ProtocolError} protocol name [MQTT-3.1.2-1] or level [MQTT-3.1.2-2], connect flags [MQTT-3.1.2-3]
 *   [MQTT-3.1.2-13] [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT-3.1.2-22], keep-alive, an empty client identifier without clean
 *   start [MQTT-3.1.3-8], text that is ill-formed, a field of more than 65,535 bytes
 * @throws {InvalidTopicError} the will topic given
 */
export function connect(fields: Fields, given: Partial<ConnectPacket>): ConnectPacket {
  oneOf(['MQTT'], 'protocol name', fields.text('protocol name', 'MQTT'), '3.1.2-1');
  oneOf([4], 'protocol level', fields.byte('protocol level', 4), '3.1.2-2');
  const flags = fields.byte('connect flags', flagsOf(given));
  const cleanStart = (flags & CLEAN) !== 0;
  const retain = (flags & WILL_RETAIN) !== 0;
  const qos = oneOf<QoS>([0, 1, 2], 'will QoS', given.will?.qos ?? (flags >> WILL_QOS) & 3, '3.1.2-14');
  check(!(flags & 1), 'reserved connect flag', 0, 1, '3.1.2-3');
  check(flags & WILL || !qos, 'will QoS without a will', 0, qos, '3.1.2-13');
  check(flags & WILL || !retain, 'will retain without a will', 0, 1, '3.1.2-15');
  check(flags & USER_NAME || !(flags & PASSWORD), 'password without a user name', 0, 1, '3.1.2-22');
  const keepAlive = fields.uint16('keep-alive', given.keepAlive);
  check((keepAlive & 0xffff) === keepAlive, 'keep-alive', '0 to 65535', keepAlive, '3.1.2.10');
  const clientId = fields.text('client identifier', given.clientId);
  check(clientId || cleanStart, 'characters of the client identifier without clean start', '1 or more', 0, '3.1.3-8');
  // A field of the payload without its flag takes no bytes; those that there are come in this order [MQTT-3.1.3-1].
  let will: WillMessage | undefined;
  if (flags & WILL) {
    const topic = fields.text('will topic', given.will?.topic, 'name');
    will = { topic, payload: fields.binary('will message', given.will?.payload, '3.1.3.3'), qos, retain };
  }
  const username = flags & USER_NAME ? fields.text('user name', given.username) : undefined;
  const password = flags & PASSWORD ? fields.binary('password', given.password, '3.1.3.5') : undefined;
  return { type: 'connect', clientId, cleanStart, keepAlive, username, password, will };
}

function flagsOf({ cleanStart, will, username, password }: Partial<ConnectPacket>): number {
  return (
    (cleanStart ? CLEAN : 0) |
    (will ? WILL | (will.qos << WILL_QOS) | (will.retain ? WILL_RETAIN : 0) : 0) |
    (username === undefined ? 0 : USER_NAME) |
    (password === undefined ? 0 : PASSWORD)
  );
}
