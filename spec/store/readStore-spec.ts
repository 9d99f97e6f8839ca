import { expect } from 'chai';
import fc from 'fast-check';
import type { QoS } from '../../lib/packet/Packet.js';
import { readStore } from '../../lib/store/readStore.js';
import {
  messageRecord,
  numberedKey,
  progressRecord,
  readMessage,
  readProgress,
  receivedKey,
} from '../../lib/store/records.js';
import { Sent } from '../session/Sent.js';

type Entry = readonly [string, Uint8Array];

const FORMAT: Entry = ['f', Uint8Array.of(1)];

/** A message as a session has it. */
function sent(fields: Partial<Sent<undefined>> = {}): Sent<undefined> {
  return Object.assign(new Sent('room/ä', Uint8Array.of(1, 2), 2, true, undefined), fields);
}

const message = (serial: number, fields: Partial<Sent<undefined>> = {}): Entry => [
  numberedKey('m', serial),
  messageRecord(sent(fields), 0),
];
const progress = (serial: number, fields: Partial<Sent<undefined>>, order = 0): Entry => [
  numberedKey('p', serial),
  progressRecord(sent(fields), order),
];
const read = (...entries: Entry[]) => readStore([FORMAT, ...entries]);
const reasons = (...entries: Entry[]) => read(...entries).corrupt.map(({ key, why }) => `${key[0] ?? ''}: ${why}`);

describe('the records of a store', () => {
  it('should hold all that a message is', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const qos = fc.constantFrom<QoS>(1, 2);
    const expiry = fc.integer({ min: 0, max: 4e12 });
    const id = fc.nat(65_535);
    const topic = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !/\p{Cs}/u.test(text));
    fc.assert(
      fc.property(topic, bytes, qos, fc.boolean(), id, expiry, (topic, payload, qos, retain, packetId, expiresAt) => {
        const record = messageRecord(
          Object.assign(new Sent(topic, payload, qos, retain, undefined), { packetId }),
          expiresAt,
        );
        expect(readMessage(record)).to.deep.equal({ topic, payload, qos, retain, packetId, expiresAt });
      }),
    );
  });

  it('should be told from ones in which any bit has changed, and from ones that are cut', () => {
    for (const [record, reader] of [
      [messageRecord(sent({ packetId: 5 }), 7), readMessage],
      [progressRecord(sent({ packetId: 5, awaited: 'pubcomp' }), 7), readProgress],
    ] as const) {
      for (let bit = 0; bit < record.length * 8; bit++) {
        const changed = record.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => reader(changed), `bit ${bit}`).to.throw(/checksum/);
      }
      for (let length = 0; length < record.length; length++) {
        expect(() => reader(record.slice(0, length)), `${length} bytes`).to.throw(/checksum|bytes/);
      }
    }
  });

  it('should be messages in the order of their numbers, with the last step of each', () => {
    const { messages, received, last, isNew } = read(
      message(10, { packetId: 0, qos: 1 }),
      progress(9, { packetId: 3, awaited: 'pubcomp' }, 12),
      message(9),
      message(2),
      progress(2, { packetId: 4, awaited: 'pubrec' }),
      [receivedKey(65_535), new Uint8Array(0)],
      [receivedKey(1), new Uint8Array(0)],
    );
    expect(messages.map((m) => [m.serial, m.packetId, m.qos, m.progress?.released])).to.deep.equal([
      [2, 4, 2, false],
      [9, 3, 2, true],
      [10, 0, 1, undefined],
    ]);
    expect([received, last, isNew]).to.deep.equal([[65_535, 1], 12, false]);
  });

  it('should give a released message without its payload, which may be gone', () => {
    const [left] = read(progress(9, { packetId: 3, awaited: 'pubcomp' }, 12)).messages;
    expect(left).to.deep.include({ topic: 'room/ä', qos: 2, packetId: 3, hasRecord: false });
    expect(left!.payload.length).to.equal(0);
  });

  it('should be set aside one by one, with the reason', () => {
    expect(reasons(['z1', new Uint8Array(3)])).to.deep.equal(['z: its key begins with an unknown letter']);
    expect(reasons(['', new Uint8Array(3)])).to.deep.equal([': its key begins with an unknown letter']);
    expect(reasons(['m', messageRecord(sent(), 0)])).to.deep.equal(['m: its key holds no number']);
    expect(reasons(['mx', messageRecord(sent(), 0)])).to.deep.equal(['m: its key holds no number']);
    expect(reasons(['r100000', new Uint8Array(0)])).to.deep.equal(['r: its key holds no packet identifier']);
    expect(reasons(['r165536', new Uint8Array(0)])).to.deep.equal(['r: its key holds no packet identifier']);
    expect(reasons(message(1, { packetId: 3 }), message(2, { packetId: 3 }))).to.deep.equal(['m: its packet identifier is that of an older message']); // prettier-ignore
    expect(reasons(progress(1, { packetId: 3, awaited: 'pubrec' }))).to.deep.equal(['p: its message is not there']);
    expect(reasons(progress(1, { packetId: 0, awaited: 'pubcomp' }))).to.deep.equal(['p: its packet identifier is 0']);
    expect(reasons(['sm1', new Uint8Array(3)])).to.deep.equal([]);
  });

  it('should be refused as a whole when another version wrote them', () => {
    expect(() => readStore([message(1)])).to.throw(/of no known format, written by an older or another version/);
    expect(() => readStore([['f', Uint8Array.of(2)]])).to.throw(/format 2, written by a newer version/);
    expect(() => readStore([['f', Uint8Array.of(0)]])).to.throw(/format 0, written by an older or another version/);
    expect(readStore([]).isNew).to.equal(true);
  });
});
