import { expect } from 'chai';
import { ProtocolError } from '../../lib/errors.js';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { bytes, decodeAll } from './bytes.js';

const VALID: readonly (readonly [name: string, notation: string, packet: Packet])[] = [
  [
    'CONNECT, smallest',
    "10 0c 0004'MQTT' 04 02 003c 0000",
    {
      type: 'connect',
      clientId: '',
      cleanStart: true,
      keepAlive: 60,
      username: undefined,
      password: undefined,
      will: undefined,
    },
  ],
  [
    'CONNECT, largest',
    "10 1b 0004'MQTT' 04 ec ffff 0001'c' 0001't' 0002 0001 0001'u' 0002 0009",
    {
      type: 'connect',
      clientId: 'c',
      cleanStart: false,
      keepAlive: 65535,
      username: 'u',
      password: bytes('0009'),
      will: { topic: 't', payload: bytes('0001'), qos: 1, retain: true },
    },
  ],
  ['CONNACK accepted', '20 02 01 00', { type: 'connack', sessionPresent: true, reasonCode: 0 }],
  ['CONNACK refused', '20 02 00 05', { type: 'connack', sessionPresent: false, reasonCode: 5 }],
  [
    'PUBLISH at QoS 0',
    "31 05 0001'a' 'hi'",
    { type: 'publish', topic: 'a', payload: bytes("'hi'"), qos: 0, retain: true, dup: false, packetId: 0 },
  ],
  [
    'PUBLISH at QoS 2',
    "3c 05 0001'a' 0102",
    { type: 'publish', topic: 'a', payload: bytes(''), qos: 2, retain: false, dup: true, packetId: 258 },
  ],
  [
    'PUBLISH, byte order mark kept [MQTT-1.5.3-3]',
    "30 06 0004 efbbbf 'a'",
    { type: 'publish', topic: '\u{feff}a', payload: bytes(''), qos: 0, retain: false, dup: false, packetId: 0 },
  ],
  ['PUBACK', '40 02 ffff', { type: 'puback', packetId: 65535 }],
  ['PUBREC', '50 02 0001', { type: 'pubrec', packetId: 1 }],
  ['PUBREL', '62 02 0001', { type: 'pubrel', packetId: 1 }],
  ['PUBCOMP', '70 02 0001', { type: 'pubcomp', packetId: 1 }],
  [
    'SUBSCRIBE',
    "82 0b 0007 0001'#' 02 0002'+/' 00",
    {
      type: 'subscribe',
      packetId: 7,
      subscriptions: [
        { filter: '#', qos: 2 },
        { filter: '+/', qos: 0 },
      ],
    },
  ],
  ['SUBACK', '90 06 0007 00 01 02 80', { type: 'suback', packetId: 7, reasonCodes: [0, 1, 2, 128] }],
  ['UNSUBSCRIBE', "a2 09 0007 0001'#' 0002'+/'", { type: 'unsubscribe', packetId: 7, filters: ['#', '+/'] }],
  ['UNSUBACK', 'b0 02 0007', { type: 'unsuback', packetId: 7 }],
  ['PINGREQ', 'c0 00', { type: 'pingreq' }],
  ['PINGRESP', 'd0 00', { type: 'pingresp' }],
  ['DISCONNECT', 'e0 00', { type: 'disconnect' }],
];

const MALFORMED: readonly (readonly [what: string, clause: string, notation: string])[] = [
  ['reserved type 0', 'MQTT section 2.2.1', '00 00'],
  ['reserved type 15', 'MQTT section 2.2.1', 'f0 00'],
  ['reserved flags of CONNECT', 'MQTT-2.2.2-2', "11 0c 0004'MQTT' 04 02 003c 0000"],
  ['reserved flags of CONNACK', 'MQTT-2.2.2-2', '28 02 00 00'],
  ['reserved flags of PUBACK', 'MQTT-2.2.2-2', '42 02 0001'],
  ['reserved flags of PUBREC', 'MQTT-2.2.2-2', '52 02 0001'],
  ['PUBREL without its flag', 'MQTT-3.6.1-1', '60 02 0001'],
  ['reserved flags of PUBCOMP', 'MQTT-2.2.2-2', '71 02 0001'],
  ['SUBSCRIBE without its flag', 'MQTT-3.8.1-1', "80 06 0007 0001'#' 02"],
  ['reserved flags of SUBACK', 'MQTT-2.2.2-2', '92 03 0007 00'],
  ['UNSUBSCRIBE without its flag', 'MQTT-3.10.1-1', "a0 05 0007 0001'#'"],
  ['reserved flags of UNSUBACK', 'MQTT-2.2.2-2', 'b2 02 0007'],
  ['reserved flags of PINGREQ', 'MQTT-2.2.2-2', 'c1 00'],
  ['reserved flags of PINGRESP', 'MQTT-2.2.2-2', 'd1 00'],
  ['reserved flags of DISCONNECT', 'MQTT-3.14.1-1', 'e1 00'],
  ['a remaining length of five bytes', 'MQTT section 2.2.3', '30 80 80 80 80 01'],
  ['PINGRESP with a body', 'MQTT section 3.13.1', 'd0 01 00'],
  ['PUBACK without packet identifier', 'MQTT section 3.4.1', '40 00'],
  ['PUBACK that is too long', 'MQTT section 3.4.1', '40 03 0001 00'],
  ['PUBACK with packet identifier 0', 'MQTT-2.3.1-6', '40 02 0000'],
  ['PUBREC with packet identifier 0', 'MQTT-2.3.1-6', '50 02 0000'],
  ['PUBREL with packet identifier 0', 'MQTT-2.3.1-6', '62 02 0000'],
  ['PUBCOMP with packet identifier 0', 'MQTT-2.3.1-6', '70 02 0000'],
  ['UNSUBACK with packet identifier 0', 'MQTT-2.3.1-7', 'b0 02 0000'],
  ['CONNACK with reserved acknowledge flags', 'MQTT section 3.2.2.1', '20 02 02 00'],
  ['CONNACK with session present and a refusal', 'MQTT-3.2.2-4', '20 02 01 05'],
  ['CONNACK with return code 6', 'MQTT section 3.2.2.3', '20 02 00 06'],
  ['CONNACK of three bytes', 'MQTT section 3.2.1', '20 03 00 00 00'],
  ['PUBLISH at QoS 3', 'MQTT-3.3.1-4', "36 05 0001'a' 0001"],
  ['PUBLISH with DUP at QoS 0', 'MQTT-3.3.1-2', "38 03 0001'a'"],
  ['PUBLISH with packet identifier 0', 'MQTT-2.3.1-1', "32 05 0001'a' 0000"],
  ['PUBLISH without packet identifier', 'MQTT section 2.2.3', "32 04 0001'a' 00"],
  ['PUBLISH with a topic name cut short', 'MQTT section 2.2.3', "30 04 0003'ab'"],
  ['PUBLISH to an empty topic name', 'MQTT-4.7.3-1', '30 03 0000 00'],
  ['PUBLISH to a +', 'MQTT-3.3.2-2', "30 05 0003'a/+'"],
  ['PUBLISH to a #', 'MQTT-3.3.2-2', "30 03 0001'#'"],
  ['U+0000 in a topic name', 'MQTT-1.5.3-2', "30 05 0003'a' 00 'b'"],
  ['a surrogate', 'MQTT-1.5.3-1', '30 05 0003 eda080'],
  ['a low surrogate', 'MQTT-1.5.3-1', '30 05 0003 edbfbf'],
  ['an overlong form of two bytes', 'MQTT-1.5.3-1', '30 04 0002 c080'],
  ['an overlong form of three bytes', 'MQTT-1.5.3-1', '30 05 0003 e09fbf'],
  ['an overlong form of four bytes', 'MQTT-1.5.3-1', '30 06 0004 f08fbfbf'],
  ['a code point over U+10FFFF', 'MQTT-1.5.3-1', '30 06 0004 f4908080'],
  ['a character cut short', 'MQTT-1.5.3-1', '30 04 0002 e282'],
  ['a stray continuation byte', 'MQTT-1.5.3-1', '30 03 0001 80'],
  ['SUBSCRIBE with packet identifier 0', 'MQTT-2.3.1-1', "82 06 0000 0001'#' 02"],
  ['SUBSCRIBE without a filter', 'MQTT-3.8.3-3', '82 02 0007'],
  ['SUBSCRIBE at QoS 3', 'MQTT-3.8.3-4', "82 06 0007 0001'#' 03"],
  ['SUBSCRIBE with reserved bits', 'MQTT-3.8.3-4', "82 06 0007 0001'#' 04"],
  ['SUBSCRIBE without a QoS', 'MQTT section 2.2.3', "82 05 0007 0001'#'"],
  ['SUBSCRIBE with an empty filter', 'MQTT-4.7.3-1', '82 05 0007 0000 00'],
  ['SUBACK without a return code', 'MQTT section 3.9.1', '90 02 0007'],
  ['SUBACK with return code 3', 'MQTT-3.9.3-2', '90 03 0007 03'],
  ['SUBACK with packet identifier 0', 'MQTT-2.3.1-7', '90 03 0000 00'],
  ['UNSUBSCRIBE without a filter', 'MQTT-3.10.3-2', 'a2 02 0007'],
  ['UNSUBSCRIBE with packet identifier 0', 'MQTT-2.3.1-1', "a2 05 0000 0001'#'"],
  ['UNSUBSCRIBE with an empty filter', 'MQTT-4.7.3-1', 'a2 04 0007 0000'],
  ['another protocol name', 'MQTT-3.1.2-1', "10 0e 0006'MQIsdp' 03 02 003c 0000"],
  ['another protocol level', 'MQTT-3.1.2-2', "10 0c 0004'MQTT' 05 02 003c 0000"],
  ['the reserved connect flag', 'MQTT-3.1.2-3', "10 0c 0004'MQTT' 04 03 003c 0000"],
  ['a will QoS without will', 'MQTT-3.1.2-13', "10 0c 0004'MQTT' 04 0a 003c 0000"],
  ['a will retain without will', 'MQTT-3.1.2-15', "10 0c 0004'MQTT' 04 22 003c 0000"],
  ['will QoS 3', 'MQTT-3.1.2-14', "10 11 0004'MQTT' 04 1e 003c 0000 0001't' 0000"],
  ['a will topic with wildcards', 'MQTT-3.3.2-2', "10 11 0004'MQTT' 04 06 003c 0000 0001'#' 0000"],
  ['a password without user name', 'MQTT-3.1.2-22', "10 0f 0004'MQTT' 04 42 003c 0000 0001'p'"],
  ['an empty client identifier without clean start', 'MQTT-3.1.3-8', "10 0c 0004'MQTT' 04 00 003c 0000"],
  ['CONNECT with bytes behind its end', 'MQTT section 2.2.3', "10 0d 0004'MQTT' 04 02 003c 0000 00"],
  ['CONNECT without the user name it announces', 'MQTT section 2.2.3', "10 0c 0004'MQTT' 04 82 003c 0000"],
];

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('packet: bytes to packets', () => {
  for (const [name, notation, packet] of VALID) {
    it(`should read and write ${name}`, () => {
      expect(decodeAll(bytes(notation))).to.deep.equal([packet]);
      expect(Object.keys(decodeAll(bytes(notation))[0]!)).to.deep.equal(Object.keys(packet));
      expect(encode(packet)).to.deep.equal(bytes(notation));
    });
  }

  for (const [what, clause, notation] of MALFORMED) {
    it(`should refuse ${what} [${clause}]`, () => {
      const whole = bytes(notation);
      const inPieces = Array.from(whole, (byte) => new Uint8Array([byte]));
      for (const error of [errorOf(() => decodeAll(whole)), errorOf(() => decodeAll(...inPieces))]) {
        expect(error).to.be.instanceOf(ProtocolError).with.property('clause', clause);
      }
    });
  }

  it('should accept a remaining length that is longer than it need be', () => {
    expect(decodeAll(bytes('d0 80 00 40 82 80 80 00 0001'))).to.deep.equal([
      { type: 'pingresp' },
      { type: 'puback', packetId: 1 },
    ]);
  });
});
