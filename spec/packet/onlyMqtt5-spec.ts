import { expect } from 'chai';
import { ProtocolError } from '../../lib/errors.js';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { bytes } from './bytes.js';

const NONE = { properties: undefined };
const OPTIONS = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const connect = { type: 'connect', clientId: '', cleanStart: true, keepAlive: 60, protocolVersion: 5 } as const;
const publish = { type: 'publish', topic: 'a', payload: bytes(''), qos: 0, retain: false, dup: false, packetId: 0 } as const; // prettier-ignore

/** What MQTT 3.1.1 cannot say. */
const ONLY_5: readonly (readonly [what: string, packet: object])[] = [
  ['a CONNECT read as MQTT 5', { ...connect }],
  ['a will property', { type: 'connect', clientId: 'c', cleanStart: true, keepAlive: 0, will: { topic: 't', payload: bytes(''), qos: 0, retain: false, properties: { contentType: 'x' } } }], // prettier-ignore
  ['a reason code of PUBACK', { type: 'puback', packetId: 1, reasonCode: 0x10 }],
  ['a reason code of DISCONNECT', { type: 'disconnect', reasonCode: 4 }],
  ['a reason code of UNSUBACK', { type: 'unsuback', packetId: 1, reasonCodes: [0, 0x11] }],
  ['a reason code of SUBACK', { type: 'suback', packetId: 1, reasonCodes: [0x87] }],
  ['a reason code of CONNACK', { type: 'connack', sessionPresent: false, reasonCode: 0x87 }],
  ['no local', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 0, noLocal: true }] }],
  ['retain as published', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 0, retainAsPublished: true }] }], // prettier-ignore
  ['retain handling', { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 0, retainHandling: 1 }] }],
  ['AUTH', { type: 'auth' }],
];

/** What it means without the fields of MQTT 5. */
const SAME: readonly (readonly [packet: object, same: object])[] = [
  [
    { type: 'puback', packetId: 1, reasonCode: 0, ...NONE },
    { type: 'puback', packetId: 1 },
  ],
  [{ type: 'disconnect', reasonCode: 0, properties: {} }, { type: 'disconnect' }],
  [
    { type: 'unsuback', packetId: 1, reasonCodes: [0, 0] },
    { type: 'unsuback', packetId: 1 },
  ],
  [{ ...publish, properties: { contentType: undefined } }, { ...publish }],
  [
    { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 1, ...OPTIONS }] },
    { type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 1 }] },
  ],
];

describe('packet: what only MQTT 5 can say', () => {
  for (const [what, packet] of ONLY_5) {
    it(`should refuse to write as MQTT 3.1.1 ${what}`, () => {
      expect(() => encode(packet as Packet)).to.throw(ProtocolError);
    });
  }

  it('should write as MQTT 3.1.1 what it means without the fields of MQTT 5', () => {
    for (const [packet, same] of SAME) expect(encode(packet as Packet)).to.deep.equal(encode(same as Packet));
  });

  it('should map encode over packets, whatever their number', () => {
    const pings = Array.from({ length: 7 }, () => ({ ...publish, properties: undefined }));
    for (const encoded of pings.map(encode)) expect(encoded).to.deep.equal(bytes("30 03 0001'a'"));
  });
});
