import { expect } from 'chai';
import fc from 'fast-check';
import type { QoS } from '../../lib/packet/Packet.js';
import { Outgoing } from '../../lib/session/Outgoing.js';
import { Segment } from '../../lib/store/Segment.js';
import { messagesRecord, readMessages } from '../../lib/store/messagesRecord.js';
import { numberedKey, receivedKey } from '../../lib/store/records.js';
import { arbitraryProperties } from '../support/arbitraryPackets5.js';
import {
  FULL,
  kept,
  progress,
  read,
  reasons,
  released,
  segment,
  sent,
  storable,
  waiting,
} from '../support/storedRecords.js';

const NOTHING = new Uint8Array(0);

describe('the records of a store', () => {
  it('should hold all that messages are', () => {
    const topic = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !/\p{Cs}/u.test(text));
    const message = fc
      .record({
        topic,
        payload: fc.uint8Array({ maxLength: 300 }),
        qos: fc.constantFrom<QoS>(1, 2),
        retain: fc.boolean(),
        packetId: fc.nat(65_535),
        properties: arbitraryProperties('publish'),
        lifetime: fc.option(fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 4e12 })), {
          nil: undefined,
        }),
      })
      .map(({ lifetime, properties, ...rest }) => ({
        ...rest,
        ...(properties && { properties }),
        ...(lifetime && waiting(...lifetime)),
      }));
    fc.assert(
      fc.property(fc.array(fc.option(message, { nil: undefined }), { maxLength: 256 }), (messages) => {
        const expected = messages.flatMap((message, place) => (message ? [{ place, message: kept(message) }] : []));
        const found = readMessages(messagesRecord(messages)).map(({ place, message }) => ({ place, message }));
        expect(found).to.deep.equal(expected);
      }),
    );
  });

  it('should be told from ones in which any bit has changed, and from ones that are cut', () => {
    const steps = { 0: sent(5), 1: 'over', 2: released(6, 7) } as const;
    for (const [key, value] of [
      segment(256, { packetId: 5 }, { ...waiting(7, 9), properties: FULL }, {}),
      progress(256, steps),
    ]) {
      const messages = key.startsWith('m') ? [] : [segment(256, {}, {}, {})];
      for (let bit = 0; bit < value.length * 8; bit++) {
        const changed = value.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(reasons(...messages, [key, changed]), `bit ${bit}`).to.match(/^[mp]: its checksum is wrong$|^[mp]: it is cut$/); // prettier-ignore
      }
      for (let length = 0; length < value.length; length++) {
        expect(reasons(...messages, [key, value.slice(0, length)]), `${length} bytes`).not.to.deep.equal([]);
      }
    }
  });

  it('should lose no other message of a record to one that is damaged', () => {
    const [key, value] = segment(256, {}, { topic: 'damaged' }, { packetId: 3 });
    readMessages(value)[1]!.bytes[9]! ^= 1;
    const { messages, corrupt, segments } = read([key, value]);
    expect(messages.map(({ serial }) => serial)).to.deep.equal([256, 258]);
    expect(corrupt.map(({ serial, value: bytes }) => [serial, bytes.length])).to.deep.equal([[257, 34]]);
    expect(segments.map(({ first }) => first)).to.deep.equal([256]);
  });

  it('should be messages in the order of their numbers, with the last step of each', () => {
    const { messages, received, segments, releases, isNew } = read(
      segment(2_560, { qos: 1 }),
      progress(512, { 0: released(3, 12), 3: sent(9) }),
      segment(512, { packetId: 3 }, undefined, { packetId: 7 }, { packetId: 0 }),
      progress(256, { 0: sent(4), 1: 'over' }),
      segment(256, { packetId: 0 }, { packetId: 3 }),
      [receivedKey(65_535), NOTHING],
      [receivedKey(1), NOTHING],
    );
    expect(messages.map((m) => [m.serial, m.packetId, m.qos, m.released])).to.deep.equal([
      [256, 4, 2, undefined],
      [512, 3, 2, 12],
      [514, 7, 2, undefined],
      [515, 9, 2, undefined],
      [2_560, 0, 1, undefined],
    ]);
    expect(segments.map(({ first }) => first)).to.deep.equal([256, 512, 2_560]);
    expect([received, releases, isNew]).to.deep.equal([[65_535, 1], 12, false]);
  });

  it('should be set aside one by one, with the reason', () => {
    const [, messages] = segment(256, {});
    expect(reasons(['z1', new Uint8Array(3)])).to.deep.equal(['z: its key begins with an unknown letter']);
    expect(reasons(['', new Uint8Array(3)])).to.deep.equal([': its key begins with an unknown letter']);
    for (const key of ['m', 'mx', numberedKey('m', 257)]) {
      expect(reasons([key, messages])).to.deep.equal(['m: its key holds no number']);
    }
    expect(reasons(['r100000', NOTHING])).to.deep.equal(['r: its key holds no packet identifier']);
    expect(reasons(['r165536', NOTHING])).to.deep.equal(['r: its key holds no packet identifier']);
    expect(reasons(segment(256, { packetId: 3 }), segment(512, { packetId: 3 }))).to.deep.equal(['m: its packet identifier is that of an older message']); // prettier-ignore
    expect(reasons(progress(256, { 0: sent(3) }))).to.deep.equal(['p: its messages are not there']);
    expect(reasons(['sm1', new Uint8Array(3)])).to.deep.equal([]);
  });

  it('should not be larger for the properties that a message does not have', () => {
    const [, plain] = segment(256, {});
    for (const properties of [{}, { topicAlias: 5, subscriptionIdentifiers: [7], messageExpiryInterval: 9 }]) {
      expect(segment(256, { properties })[1]).to.deep.equal(plain);
    }
  });

  it('should be full with properties as with payloads', () => {
    const large = new Outgoing('a', NOTHING, 1, false, undefined, undefined);
    large.properties = { userProperties: [['a', 'x'.repeat(65_000)]], correlationData: new Uint8Array(535) };
    const filled = new Segment(256);
    filled.add(large);
    expect(filled.hasRoomFor(new Outgoing('a', NOTHING, 1, false, undefined, undefined))).to.equal(true);
    expect(filled.hasRoomFor(new Outgoing('a', Uint8Array.of(1), 1, false, undefined, undefined))).to.equal(false);
  });

  it('should be read as Buffers, too, and share no memory with what is read', () => {
    const [, record] = segment(256, { properties: FULL });
    const buffer = Buffer.from(record);
    const [found] = readMessages(buffer);
    buffer.fill(0);
    expect(found!.message).to.deep.equal(kept(storable({ properties: FULL })));
  });
});
