import { expect } from 'chai';
import fc from 'fast-check';
import type { QoS } from '../../lib/packet/Packet.js';
import { Progress, type Step } from '../../lib/store/Progress.js';
import {
  type KeptMessage,
  type StorableMessage,
  messagesRecord,
  readMessages,
} from '../../lib/store/messagesRecord.js';
import { readStore } from '../../lib/store/readStore.js';
import { numberedKey, receivedKey } from '../../lib/store/records.js';

type Entry = readonly [string, Uint8Array];

const FORMAT: Entry = ['f', Uint8Array.of(4, 4)];
const NOTHING = new Uint8Array(0);

/** What a message is that is kept: what is not said is the same for all. */
type Fields = Partial<StorableMessage>;

function storable(fields: Fields = {}): StorableMessage {
  const payload = Uint8Array.of(1, 2);
  return { topic: 'room/ä', payload, qos: 2, retain: true, packetId: 0, ...fields };
}

const waiting = (expiry: number, wall: number) => ({ lifetime: { expiry, since: { monotonic: 5, wall } } });

/** A record of messages; `undefined` for one that was over before it was written. */
const segment = (first: number, ...messages: (Fields | undefined)[]): Entry => [
  numberedKey('m', first),
  messagesRecord(messages.map((fields) => fields && storable(fields))),
];
/** Its record of progress: what is said of which place. */
const progress = (first: number, steps: Readonly<Record<number, Step | 'over'>>): Entry => {
  const made = Progress.none();
  for (const [place, step] of Object.entries(steps)) {
    if (step === 'over') made.end(Number(place));
    else made.step(Number(place), step);
  }
  return [numberedKey('p', first), made.record()];
};
const sent = (packetId: number): Step => ({ packetId, released: undefined });
const released = (packetId: number, order: number): Step => ({ packetId, released: order });
const read = (...entries: Entry[]) => readStore([FORMAT, ...entries]);
const reasons = (...entries: Entry[]) => read(...entries).corrupt.map(({ key, why }) => `${key[0] ?? ''}: ${why}`);

/** A message as it is read again. */
function kept({ lifetime, ...rest }: StorableMessage): KeptMessage {
  return { ...rest, expiry: lifetime?.expiry ?? 0, since: lifetime?.since.wall ?? 0 };
}

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
        lifetime: fc.option(fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 4e12 })), {
          nil: undefined,
        }),
      })
      .map(({ lifetime, ...rest }) => ({ ...rest, ...(lifetime && waiting(...lifetime)) }));
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
    for (const [key, value] of [segment(256, { packetId: 5 }, waiting(7, 9), {}), progress(256, steps)]) {
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

  it('should be refused as a whole when another version wrote them', () => {
    expect(() => readStore([segment(256, {})])).to.throw(/of no known format, written by an older or another version/);
    expect(() => readStore([['f', Uint8Array.of(5, 5)]])).to.throw(/format 5, written by a newer version/);
    expect(() => readStore([['f', Uint8Array.of(2)]])).to.throw(/format 2, written by an older or another version/);
    expect(readStore([]).isNew).to.equal(true);
  });

  it('should be read when the version before wrote them, or a later one that this one can follow', () => {
    // Of format 3: two messages without fields, byte for byte as that version wrote them.
    const [key, record] = segment(256, { topic: 'a' }, { topic: 'b' });
    const before = readStore([
      ['f', Uint8Array.of(3)],
      [key, record],
    ]);
    expect([before.isOfBefore, before.messages.map(({ topic }) => topic)]).to.deep.equal([true, ['a', 'b']]);
    const later = readStore([
      ['f', Uint8Array.of(9, 4)],
      [key, record],
    ]);
    expect([later.isOfBefore, later.messages.length]).to.deep.equal([false, 2]);
  });

  it('should keep the properties of a message, user properties in order and with duplicates', () => {
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: Uint8Array.of(1, 2),
      userProperties: [
        ['b', '1'],
        ['b', '1'],
        ['a', '2'],
      ],
    } as const;
    const [first, second] = read(segment(256, { properties }, {})).messages;
    expect([first!.properties, second!.properties]).to.deep.equal([properties, undefined]);
    expect([first!.payload, first!.topic]).to.deep.equal([Uint8Array.of(1, 2), 'room/ä']);
  });

  it('should step over a field that a later version added, and set a message aside that needs it', () => {
    const properties = { contentType: 'x' };
    const [key, record] = segment(256, { properties, topic: 'abc' });
    const tag = 6 + 5 + 25 + 3 + 4; // head, entry, message up to its topic name, topic name, length of the fields
    expect(record[tag]).to.equal(1);
    const tagged = (value: number): Entry => {
      const changed = record.slice();
      changed[tag] = value;
      const view = new DataView(changed.buffer);
      let hash = 0x811c9dc5;
      for (let i = 6 + 5 + 4; i < changed.length; i++) hash = Math.imul(hash ^ changed[i]!, 0x01000193);
      view.setUint32(6 + 5, hash >>> 0);
      return [key, changed];
    };
    const [message] = read(tagged(2)).messages;
    expect([message!.properties, message!.payload]).to.deep.equal([undefined, Uint8Array.of(1, 2)]);
    expect(reasons(tagged(128))).to.deep.equal(['m: it has field 128, which a newer version of tortoise-rx wrote']);
  });
});
