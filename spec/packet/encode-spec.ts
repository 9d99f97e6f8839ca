import { expect } from 'chai';
import { InvalidTopicError, PacketTooLargeError, ProtocolError } from '../../lib/errors.js';
import { ByteWriter } from '../../lib/packet/ByteWriter.js';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { writePublishHeader } from '../../lib/packet/writePublishHeader.js';
import { writePacket } from '../../lib/packet/writePacket.js';

const NONE = new Uint8Array(0);
const publish = { type: 'publish', topic: 'a', payload: NONE, qos: 0, retain: false, dup: false, packetId: 0 } as const;
const connect = { type: 'connect', clientId: 'c', cleanStart: true, keepAlive: 0 } as const;
const will = { topic: 't', payload: NONE, qos: 0, retain: false } as const;
const long = 'x'.repeat(65_536);
const subscribe = (filter: string, qos = 0) => ({ type: 'subscribe', packetId: 1, subscriptions: [{ filter, qos }] });

const FORBIDDEN: readonly (readonly [what: string, clause: string, packet: object])[] = [
  ...[0, 65_536, -1, 1.5, NaN].flatMap((packetId) => [
    [`PUBLISH with packet identifier ${packetId}`, 'MQTT-2.3.1-1', { ...publish, qos: 1, packetId }] as const,
    [`PUBREL with packet identifier ${packetId}`, 'MQTT-2.3.1-6', { type: 'pubrel', packetId }] as const,
    [`UNSUBACK with packet identifier ${packetId}`, 'MQTT-2.3.1-7', { type: 'unsuback', packetId }] as const,
    [`SUBSCRIBE with packet identifier ${packetId}`, 'MQTT-2.3.1-1', { ...subscribe('a'), packetId }] as const,
  ]),
  ['a packet identifier at QoS 0', 'MQTT-2.3.1-5', { ...publish, packetId: 1 }],
  ['PUBLISH at QoS 3', 'MQTT-3.3.1-4', { ...publish, qos: 3, packetId: 1 }],
  ['PUBLISH at QoS -1', 'MQTT-3.3.1-4', { ...publish, qos: -1 }],
  ['DUP at QoS 0', 'MQTT-3.3.1-2', { ...publish, dup: true }],
  ['SUBSCRIBE without a filter', 'MQTT-3.8.3-3', { type: 'subscribe', packetId: 1, subscriptions: [] }],
  ['SUBSCRIBE at QoS 3', 'MQTT-3.8.3-4', subscribe('a', 3)],
  ['UNSUBSCRIBE without a filter', 'MQTT-3.10.3-2', { type: 'unsubscribe', packetId: 1, filters: [] }],
  ['SUBACK without a return code', 'MQTT-3.9.3-1', { type: 'suback', packetId: 1, reasonCodes: [] }],
  ['SUBACK with return code 3', 'MQTT-3.9.3-2', { type: 'suback', packetId: 1, reasonCodes: [0, 3] }],
  ['CONNACK with return code 6', 'MQTT section 3.2.2.3', { type: 'connack', sessionPresent: false, reasonCode: 6 }],
  ['CONNACK, session present and refused', 'MQTT-3.2.2-4', { type: 'connack', sessionPresent: true, reasonCode: 1 }],
  ['no keep-alive', 'MQTT section 3.1.2.10', { ...connect, keepAlive: undefined }],
  ['SUBSCRIBE without a QoS', 'MQTT-3.8.3-4', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a' }] }],
  ['CONNACK without a return code', 'MQTT section 3.2.2.3', { type: 'connack', sessionPresent: false }],
  ['a keep-alive over 65,535', 'MQTT section 3.1.2.10', { ...connect, keepAlive: 65_536 }],
  ['a keep-alive of half a second', 'MQTT section 3.1.2.10', { ...connect, keepAlive: 0.5 }],
  ['a password without user name', 'MQTT-3.1.2-22', { ...connect, password: NONE }],
  [
    'a password over 65,535 bytes',
    'MQTT section 3.1.3.5',
    { ...connect, username: '', password: new Uint8Array(65_536) },
  ],
  ['an empty client identifier without clean start', 'MQTT-3.1.3-8', { ...connect, clientId: '', cleanStart: false }],
  ['a client identifier over 65,535 bytes', 'MQTT section 1.5.3', { ...connect, clientId: long }],
  ['U+0000 in a client identifier', 'MQTT-1.5.3-2', { ...connect, clientId: 'a\0' }],
  ['a lone surrogate in a client identifier', 'MQTT-1.5.3-1', { ...connect, clientId: '\udc22' }],
  ['a lone surrogate in a user name', 'MQTT-1.5.3-1', { ...connect, username: 'a\ud800' }],
  ['will QoS 3', 'MQTT-3.1.2-14', { ...connect, will: { ...will, qos: 3 } }],
  [
    'a will message over 65,535 bytes',
    'MQTT section 3.1.3.3',
    { ...connect, will: { ...will, payload: new Uint8Array(65_536) } },
  ],
];

const BAD_FILTERS: readonly (readonly [what: string, clause: string, topic: string])[] = [
  ['an empty', 'MQTT-4.7.3-1', ''],
  ['U+0000 in a', 'MQTT-4.7.3-2', 'a\0b'],
  ['a lone high surrogate in a', 'MQTT-1.5.3-1', 'a\ud83d'],
  ['a lone low surrogate in a', 'MQTT-1.5.3-1', '\udc22a'],
  ['two high surrogates in a', 'MQTT-1.5.3-1', '\ud83d\ud83d'],
  ['more than 65,535 bytes in a', 'MQTT-4.7.3-3', long],
  ['more than 65,535 bytes, fewer characters, in a', 'MQTT-4.7.3-3', 'ä'.repeat(32_768)],
];
const BAD_NAMES = [...BAD_FILTERS, ['a + in a', 'MQTT-3.3.2-2', 'a/+/b'], ['a # in a', 'MQTT-3.3.2-2', 'ä/#']] as const;

describe('packet: packets to bytes', () => {
  let writer: ByteWriter;
  beforeEach(() => {
    writer = new ByteWriter();
    writePacket(writer, { type: 'pingreq' });
  });
  afterEach(() => expect(writer.take()).to.deep.equal(new Uint8Array([0xc0, 0]), 'nothing of a refused packet stays'));

  for (const [what, clause, packet] of FORBIDDEN) {
    it(`should refuse ${what} [${clause}]`, () => {
      expect(() => writePacket(writer, packet as Packet))
        .to.throw(ProtocolError)
        .with.property('clause', clause);
    });
  }

  for (const [what, clause, topic] of BAD_NAMES) {
    it(`should refuse ${what} topic name [${clause}]`, () => {
      expect(() => writePacket(writer, { ...publish, topic })).to.throw(InvalidTopicError, `[${clause}]`);
      expect(() => writePacket(writer, { ...connect, will: { ...will, topic } })).to.throw(
        InvalidTopicError,
        `[${clause}]`,
      );
    });
  }

  for (const [what, clause, filter] of BAD_FILTERS) {
    it(`should refuse ${what} topic filter [${clause}]`, () => {
      expect(() => writePacket(writer, subscribe(filter) as Packet)).to.throw(InvalidTopicError, `[${clause}]`);
      expect(() => writePacket(writer, { type: 'unsubscribe', packetId: 1, filters: ['a', filter] })).to.throw(
        InvalidTopicError,
        `[${clause}]`,
      );
    });
  }

  it('should refuse a packet over 268,435,455 bytes [MQTT section 2.2.3]', () => {
    const payload = { length: 268_435_453 } as Uint8Array; // only its length is read
    expect(() => writePacket(writer, { ...publish, payload })).to.throw(PacketTooLargeError);
  });

  it('should write the longest topic names', () => {
    for (const topic of ['x'.repeat(65_535), 'ä'.repeat(32_767)])
      expect(encode({ ...publish, topic }).length).to.be.above(65_534);
  });

  it('should write a header that counts a payload which is sent without a copy', () => {
    const packet = { ...publish, qos: 1, packetId: 7, topic: 'ä', payload: new Uint8Array(70_000).fill(9) } as const;
    const header = new ByteWriter();
    writePublishHeader(header, packet);
    expect(Buffer.concat([header.take(), packet.payload]).equals(encode(packet))).to.equal(true);
  });
});
