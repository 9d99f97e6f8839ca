import { expect } from 'chai';
import { InvalidTopicError, ProtocolError } from '../../lib/errors.js';
import { ByteWriter } from '../../lib/packet/ByteWriter.js';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { writePublishHeader } from '../../lib/packet/writePublishHeader.js';
import { bytes, decodeAllAs, errorOf } from './bytes.js';

const NONE = { properties: undefined };
const NO_CREDENTIALS = { username: undefined, password: undefined, will: undefined };
const OPTIONS = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const connect = { type: 'connect', clientId: '', cleanStart: true, keepAlive: 60, ...NO_CREDENTIALS, protocolVersion: 5, ...NONE } as const; // prettier-ignore
const publish = { type: 'publish', topic: 'a', payload: bytes(''), qos: 0, retain: false, dup: false, packetId: 0, ...NONE } as const; // prettier-ignore

/** What is read, and written again as the same bytes. */
const VALID: readonly (readonly [name: string, notation: string, packet: Packet])[] = [
  ['CONNECT, smallest', "10 0d 0004'MQTT' 05 02 003c 00 0000", connect],
  [
    'CONNECT with an empty client identifier and without clean start [MQTT5-3.1.3-6]',
    "10 0d 0004'MQTT' 05 00 003c 00 0000",
    { ...connect, cleanStart: false },
  ],
  [
    'CONNECT with a password and without a user name [MQTT5 section 3.1.2.9]',
    "10 12 0004'MQTT' 05 42 003c 00 0000 0003'abc'",
    { ...connect, password: bytes("'abc'") },
  ],
  [
    'CONNECT, the variable header of the standard (figure 3-6)',
    "10 23 0004'MQTT' 05 ce 000a 05 11 0000000a 0001'c' 00 0001't' 0002'w!' 0001'u' 0003'pwd'",
    {
      ...connect,
      clientId: 'c',
      keepAlive: 10,
      username: 'u',
      password: bytes("'pwd'"),
      will: { topic: 't', payload: bytes("'w!'"), qos: 1, retain: false, ...NONE },
      properties: { sessionExpiryInterval: 10 },
    },
  ],
  [
    'CONNECT with properties and a will with properties [MQTT5-3.1.3-1]',
    "10 21 0004'MQTT' 05 2c 003c 03 21 0005 0001'c' 0a 18 00000007 02 0000000f 0001't' 0000",
    {
      ...connect,
      clientId: 'c',
      cleanStart: false,
      will: { topic: 't', payload: bytes(''), qos: 1, retain: true, properties: { willDelayInterval: 7, messageExpiryInterval: 15 } }, // prettier-ignore
      properties: { receiveMaximum: 5 },
    },
  ],
  ['CONNACK accepted', '20 03 01 00 00', { type: 'connack', sessionPresent: true, reasonCode: 0, ...NONE }],
  [
    'CONNACK refused',
    "20 08 00 9d 05 1c 0002'ab'",
    { type: 'connack', sessionPresent: false, reasonCode: 0x9d, properties: { serverReference: 'ab' } },
  ],
  ['PUBLISH at QoS 0', "31 06 0001'a' 00 'hi'", { ...publish, payload: bytes("'hi'"), retain: true }],
  ['PUBLISH, the variable header of the standard (3.3.2.4)', "32 08 0003'a/b' 000a 00", { ...publish, topic: 'a/b', qos: 1, packetId: 10 }], // prettier-ignore
  [
    'PUBLISH with properties',
    "3c 0a 0001'a' 0102 02 01 01 'hi'",
    { ...publish, qos: 2, dup: true, packetId: 258, payload: bytes("'hi'"), properties: { payloadFormatIndicator: 1 } },
  ],
  ['PUBLISH to a topic alias', '30 06 0000 03 23 0001', { ...publish, topic: '', properties: { topicAlias: 1 } }],
  ['PUBACK, 2 bytes', '40 02 ffff', { type: 'puback', packetId: 65535, reasonCode: 0, ...NONE }],
  ['PUBACK, 3 bytes', '40 03 0001 10', { type: 'puback', packetId: 1, reasonCode: 0x10, ...NONE }],
  [
    'PUBACK with properties',
    "40 09 0001 00 05 1f 0002'no'",
    { type: 'puback', packetId: 1, reasonCode: 0, properties: { reasonString: 'no' } },
  ],
  ['PUBREC, 2 bytes', '50 02 0001', { type: 'pubrec', packetId: 1, reasonCode: 0, ...NONE }],
  ['PUBREC, 3 bytes', '50 03 0001 97', { type: 'pubrec', packetId: 1, reasonCode: 0x97, ...NONE }],
  ['PUBREL, 2 bytes', '62 02 0001', { type: 'pubrel', packetId: 1, reasonCode: 0, ...NONE }],
  ['PUBREL, 3 bytes', '62 03 0001 92', { type: 'pubrel', packetId: 1, reasonCode: 0x92, ...NONE }],
  ['PUBCOMP, 2 bytes', '70 02 0001', { type: 'pubcomp', packetId: 1, reasonCode: 0, ...NONE }],
  ['PUBCOMP, 3 bytes', '70 03 0001 92', { type: 'pubcomp', packetId: 1, reasonCode: 0x92, ...NONE }],
  [
    'SUBSCRIBE of the standard (figure 3-22)',
    "82 0f 000a 00 0003'a/b' 01 0003'c/d' 02",
    {
      type: 'subscribe',
      packetId: 10,
      subscriptions: [{ filter: 'a/b', qos: 1, ...OPTIONS }, { filter: 'c/d', qos: 2, ...OPTIONS }], // prettier-ignore
      ...NONE,
    },
  ],
  [
    'SUBSCRIBE with options and an identifier',
    "82 0e 0007 03 0b ff 7f 0001'#' 2d 0001'+' 1a",
    {
      type: 'subscribe',
      packetId: 7,
      subscriptions: [
        { filter: '#', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { filter: '+', qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 1 },
      ],
      properties: { subscriptionIdentifier: 16_383 },
    },
  ],
  ['SUBACK', '90 07 0007 00 00 01 02 87', { type: 'suback', packetId: 7, reasonCodes: [0, 1, 2, 0x87], ...NONE }],
  ['UNSUBSCRIBE of the standard (figure 3-30)', "a2 0d 000a 00 0003'a/b' 0003'c/d'", { type: 'unsubscribe', packetId: 10, filters: ['a/b', 'c/d'], ...NONE }], // prettier-ignore
  ['UNSUBACK', 'b0 05 0007 00 00 11', { type: 'unsuback', packetId: 7, reasonCodes: [0, 0x11], ...NONE }],
  ['PINGREQ', 'c0 00', { type: 'pingreq' }],
  ['PINGRESP', 'd0 00', { type: 'pingresp' }],
  ['DISCONNECT, 0 bytes', 'e0 00', { type: 'disconnect', reasonCode: 0, ...NONE }],
  ['DISCONNECT, 1 byte', 'e0 01 04', { type: 'disconnect', reasonCode: 4, ...NONE }],
  [
    'DISCONNECT with properties',
    'e0 07 00 05 11 00000000',
    { type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } },
  ],
  ['AUTH, 0 bytes', 'f0 00', { type: 'auth', reasonCode: 0, ...NONE }],
  [
    'AUTH with a method and data',
    "f0 0a 18 08 15 0001'm' 16 0001 ff",
    { type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: bytes('ff') } },
  ],
];

/** What is read as if it were shorter. */
const LONGER: readonly (readonly [what: string, notation: string, shortest: string])[] = [
  ['PUBACK of 3 bytes with reason code 0', '40 03 0001 00', '40 02 0001'],
  ['PUBREL of 4 bytes', '62 04 0001 00 00', '62 02 0001'],
  ['PUBREC of 4 bytes with reason code', '50 04 0001 10 00', '50 03 0001 10'],
  ['DISCONNECT of 1 byte with reason code 0', 'e0 01 00', 'e0 00'],
  ['DISCONNECT of 2 bytes', 'e0 02 8e 00', 'e0 01 8e'],
  ['AUTH of 1 byte', 'f0 01 00', 'f0 00'],
  ['AUTH of 2 bytes', 'f0 02 00 00', 'f0 00'],
];

const M = 0x81;
const P = 0x82;
const REFUSED: readonly (readonly [what: string, clause: string, code: number, notation: string])[] = [
  ['reserved type 0', 'MQTT section 2.2.1', M, '00 00'],
  ['reserved flags of AUTH', 'MQTT5-3.15.1-1', M, 'f1 00'],
  ['reserved flags of PUBACK', 'MQTT-2.2.2-2', M, '42 02 0001'],
  ['reserved flags of DISCONNECT', 'MQTT-3.14.1-1', M, 'e1 00'],
  ['a remaining length of two bytes for 0', 'MQTT5-1.5.5-1', M, 'd0 80 00'],
  ['a remaining length of four bytes for 2', 'MQTT5-1.5.5-1', M, '40 82 80 80 00 0001'],
  ['a remaining length of five bytes', 'MQTT section 2.2.3', M, '30 80 80 80 80 01'],
  ['another protocol name', 'MQTT-3.1.2-1', 0x84, "10 0f 0006'MQIsdp' 05 02 003c 00 0000"],
  ['MQTT 3.1.1', 'MQTT-3.1.2-2', 0x84, "10 0d 0004'MQTT' 04 02 003c 0001'c'"],
  ['protocol level 6', 'MQTT-3.1.2-2', 0x84, "10 0d 0004'MQTT' 06 02 003c 00 0000"],
  ['the reserved connect flag', 'MQTT-3.1.2-3', M, "10 0d 0004'MQTT' 05 03 003c 00 0000"],
  ['will QoS 3', 'MQTT-3.1.2-14', M, "10 13 0004'MQTT' 05 1e 003c 00 0000 00 0001't' 0000"],
  ['CONNECT without properties', 'MQTT section 3.1.1', M, "10 0c 0004'MQTT' 05 02 003c 0000"],
  ['CONNECT without will properties', 'MQTT section 2.2.3', M, "10 0d 0004'MQTT' 05 06 003c 00 0000"],
  ['CONNECT with bytes behind its end', 'MQTT section 2.2.3', M, "10 0e 0004'MQTT' 05 02 003c 00 0000 00"],
  ['CONNACK of 3.1.1', 'MQTT section 3.2.1', M, '20 02 00 01'],
  ['CONNACK with return code 1 of 3.1.1', 'MQTT5-3.2.2-8', M, '20 03 00 01 00'],
  ['CONNACK with reserved flags', 'MQTT section 3.2.2.1', M, '20 03 02 00 00'],
  ['CONNACK with session present and a refusal', 'MQTT5-3.2.2-6', P, '20 03 01 87 00'],
  ['PUBLISH at QoS 3', 'MQTT-3.3.1-4', M, "36 06 0001'a' 0001 00"],
  ['PUBLISH with DUP at QoS 0', 'MQTT-3.3.1-2', P, "38 04 0001'a' 00"],
  ['PUBLISH with packet identifier 0', 'MQTT-2.3.1-1', P, "32 06 0001'a' 0000 00"],
  ['PUBLISH without properties', 'MQTT section 2.2.3', M, "30 03 0001'a'"],
  ['PUBLISH to no topic and no alias', 'MQTT5 section 3.3.2.1', P, '30 03 0000 00'],
  ['PUBLISH to no topic and with other properties', 'MQTT5 section 3.3.2.1', P, '30 05 0000 02 01 01'],
  ['PUBLISH to topic alias 0', 'MQTT5-3.3.2-8', 0x94, '30 06 0000 03 23 0000'],
  ['PUBLISH to a wildcard', 'MQTT-3.3.2-2', P, "30 04 0001'#' 00"],
  ['U+0000 in a topic name', 'MQTT-1.5.3-2', M, "30 06 0003'a' 00 'b' 00"],
  ['ill-formed UTF-8', 'MQTT-1.5.3-1', M, '30 06 0003 eda080 00'],
  ['PUBACK without packet identifier', 'MQTT section 3.4.1', M, '40 01 00'],
  ['PUBACK with packet identifier 0', 'MQTT-2.3.1-6', P, '40 02 0000'],
  ['PUBACK with bytes behind its properties', 'MQTT section 2.2.3', M, '40 05 0001 00 00 00'],
  ['SUBSCRIBE without a filter', 'MQTT-3.8.3-3', P, '82 03 0007 00'],
  ['SUBSCRIBE at QoS 3', 'MQTT-3.8.3-4', P, "82 07 0007 00 0001'#' 03"],
  ['SUBSCRIBE with retain handling 3', 'MQTT5 section 3.8.3.1', P, "82 07 0007 00 0001'#' 30"],
  ['SUBSCRIBE with reserved bit 6', 'MQTT5-3.8.3-5', M, "82 07 0007 00 0001'#' 40"],
  ['SUBSCRIBE with reserved bit 7', 'MQTT5-3.8.3-5', M, "82 07 0007 00 0001'#' 80"],
  ['no local for a shared subscription', 'MQTT5-3.8.3-4', P, "82 10 0007 00 000a'$share/g/t' 04"],
  ['SUBSCRIBE with an empty filter', 'MQTT-4.7.3-1', P, '82 06 0007 00 0000 00'],
  ['SUBACK without a reason code', 'MQTT section 3.9.1', M, '90 03 0007 00'],
  ['SUBACK with reason code 3', 'MQTT5-3.9.3-2', M, '90 04 0007 00 03'],
  ['UNSUBSCRIBE without a filter', 'MQTT-3.10.3-2', P, 'a2 03 0007 00'],
  ['UNSUBACK of 3.1.1', 'MQTT section 3.11.1', M, 'b0 02 0007'],
  ['UNSUBACK without a reason code', 'MQTT5-3.11.3-1', M, "b0 09 0007 06 1f 0003'abc'"],
  ['UNSUBACK with reason code 1', 'MQTT5-3.11.3-2', M, 'b0 04 0007 00 01'],
  ['PINGREQ with a body', 'MQTT section 3.12.1', M, 'c0 01 00'],
  ['DISCONNECT with reason code 1', 'MQTT5-3.14.2-1', M, 'e0 01 01'],
  ['AUTH with reason code 1', 'MQTT5-3.15.2-1', M, 'f0 01 01'],
  ['AUTH to go on without a method', 'MQTT5 section 3.15.2.2.2', P, 'f0 01 18'],
  ['AUTH with properties and without a method', 'MQTT5 section 3.1.2.11.10', P, "f0 06 00 04 1f 0001'x'"],
];

const UNWRITABLE: readonly (readonly [what: string, packet: object])[] = [
  ['a CONNECT read as MQTT 3.1.1', { ...connect, protocolVersion: 4 }],
  ['a keep-alive over 65,535', { ...connect, keepAlive: 65_536 }],
  ['will QoS 3', { ...connect, will: { topic: 't', payload: bytes(''), qos: 3, retain: false } }],
  ['CONNACK with return code 1', { type: 'connack', sessionPresent: false, reasonCode: 1 }],
  ['CONNACK, session present and refused', { type: 'connack', sessionPresent: true, reasonCode: 0x87 }],
  ['PUBACK with reason code 1', { type: 'puback', packetId: 1, reasonCode: 1 }],
  ['PUBACK with packet identifier 0', { type: 'puback', packetId: 0 }],
  ['no local for a shared subscription', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: '$share/g/t', qos: 0, noLocal: true }] }], // prettier-ignore
  [
    'retain handling 3',
    { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 0, retainHandling: 3 }] },
  ],
  ['retain handling 1.5', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 0, retainHandling: 1.5 }] }], // prettier-ignore
  ['SUBSCRIBE at QoS 3', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 3 }] }],
  ['SUBACK with reason code 3', { type: 'suback', packetId: 1, reasonCodes: [3] }],
  ['UNSUBACK without reason codes', { type: 'unsuback', packetId: 1 }],
  ['UNSUBACK with reason code 1', { type: 'unsuback', packetId: 1, reasonCodes: [1] }],
  ['DISCONNECT with reason code 1', { type: 'disconnect', reasonCode: 1 }],
  ['AUTH without a method', { type: 'auth', reasonCode: 0x18 }],
  ['AUTH with properties, without a method', { type: 'auth', reasonCode: 0x18, properties: { reasonString: 'x' } }],
];

const encode5 = (packet: Packet) => encode(packet, { protocolVersion: 5 });

describe('packet: MQTT 5', () => {
  for (const [name, notation, packet] of VALID) {
    it(`should read and write ${name}`, () => {
      expect(decodeAllAs(5, bytes(notation))).to.deep.equal([packet]);
      expect(Object.keys(decodeAllAs(5, bytes(notation))[0]!)).to.deep.equal(Object.keys(packet));
      expect(encode5(packet)).to.deep.equal(bytes(notation));
    });

    it(`should wait for all of ${name}, and read it in pieces`, () => {
      const whole = bytes(notation);
      for (let length = 0; length < whole.length; length++) {
        expect(decodeAllAs(5, whole.slice(0, length))).to.deep.equal([]);
        expect(decodeAllAs(5, whole.slice(0, length), whole.slice(length))).to.deep.equal([packet]);
      }
    });

    it(`should refuse ${name} whose body is cut short`, () => {
      const whole = bytes(notation);
      const hasRest = packet.type === 'publish' && packet.payload.length > 0;
      for (let length = 2; length < whole.length - (hasRest ? packet.payload.length : 0); length++) {
        const cut = whole.slice(0, length);
        cut[1] = length - 2;
        const read = errorOf(() => expect(decodeAllAs(5, cut)[0]).to.not.deep.equal(packet));
        if (read !== undefined)
          expect(read).to.be.instanceOf(ProtocolError).that.has.property('reasonCode').within(M, P);
      }
    });
  }

  for (const [what, notation, shortest] of LONGER) {
    it(`should read ${what}, and write it in the shortest form`, () => {
      const read = decodeAllAs(5, bytes(notation));
      expect(read).to.deep.equal(decodeAllAs(5, bytes(shortest)));
      expect(encode5(read[0]!)).to.deep.equal(bytes(shortest));
    });
  }

  for (const [what, clause, reasonCode, notation] of REFUSED) {
    it(`should refuse ${what} [${clause}]`, () => {
      const whole = bytes(notation);
      const inPieces = Array.from(whole, (byte) => new Uint8Array([byte]));
      for (const error of [errorOf(() => decodeAllAs(5, whole)), errorOf(() => decodeAllAs(5, ...inPieces))]) {
        expect(error).to.be.instanceOf(ProtocolError).that.includes({ clause, reasonCode });
      }
    });
  }

  for (const [what, packet] of UNWRITABLE) {
    it(`should refuse to write ${what}`, () => {
      expect(() => encode5(packet as Packet)).to.throw(ProtocolError);
    });
  }

  it('should refuse to write an empty topic name without an alias [MQTT5 section 3.3.2.1]', () => {
    expect(() => encode5({ ...publish, topic: '' })).to.throw(InvalidTopicError);
    expect(() => encode({ ...publish, topic: '' })).to.throw(InvalidTopicError);
  });

  it('should write absent options and reason codes as their defaults', () => {
    expect(encode5({ type: 'subscribe', packetId: 7, subscriptions: [{ filter: '#', qos: 1 }] })).to.deep.equal(bytes("82 07 0007 00 0001'#' 01")); // prettier-ignore
    expect(encode5({ type: 'puback', packetId: 7 })).to.deep.equal(bytes('40 02 0007'));
    expect(encode5({ type: 'disconnect' })).to.deep.equal(bytes('e0 00'));
  });

  it('should write a header that counts a payload which is sent without a copy', () => {
    const properties = { contentType: 'x'.repeat(300), userProperties: [['ä', 'ö'] as const] };
    const packet = { ...publish, qos: 1, packetId: 7, payload: new Uint8Array(70_000).fill(9), properties } as const;
    const header = new ByteWriter();
    writePublishHeader(header, packet, 5);
    expect(Buffer.concat([header.take(), packet.payload]).equals(encode5(packet))).to.equal(true);
  });
});
