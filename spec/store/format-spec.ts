import { expect } from 'chai';
import { Outgoing } from '../../lib/session/Outgoing.js';
import { Journal } from '../../lib/store/Journal.js';
import { readStore } from '../../lib/store/readStore.js';
import { numberedKey } from '../../lib/store/records.js';
import { GatedStore } from '../support/GatedStore.js';
import { type Entry, FULL, edited, insert, progress, read, segment } from '../support/storedRecords.js';
import { storeOfFormat3 } from '../support/storeOfFormat3.js';

const NOTHING = new Uint8Array(0);
const NOW = { monotonic: 0, wall: 1_800_000_000_000 };

describe('records of another format', () => {
  it('should be read as version 0.1 wrote them, in format 3', () => {
    const { messages, received, corrupt, segments, releases, isOfBefore } = readStore(storeOfFormat3());
    const text = (payload: Uint8Array) => Buffer.from(payload).toString();
    expect(messages.map(({ payload, ...rest }) => ({ ...rest, payload: text(payload) }))).to.deep.equal([
      { topic: 'room/ä', payload: 'one', qos: 1, retain: true, packetId: 0, expiry: 60_000, since: 1_800_000_000_000, serial: 256, released: undefined }, // prettier-ignore
      { topic: 'b', payload: '', qos: 2, retain: false, packetId: 7, expiry: 0, since: 0, serial: 257, released: undefined }, // prettier-ignore
      { topic: 'c', payload: 'three', qos: 2, retain: false, packetId: 12, expiry: 0, since: 0, serial: 259, released: 4 }, // prettier-ignore
    ]);
    expect([received, corrupt, segments.length, releases, isOfBefore]).to.deep.equal([[300], [], 1, 4, true]);
  });

  it('should go on in format 4 from the first write on, and not before', async () => {
    const records = storeOfFormat3();
    const visit = async (change?: (journal: Journal) => void) => {
      const store = new GatedStore(records);
      const journal = new Journal(() => store.store.open('a'));
      await journal.open(NOW);
      change?.(journal);
      const written = journal.hasChanges ? await journal.write() : undefined;
      await journal.close();
      return { error: written?.error, batches: store.batches.length };
    };
    expect(await visit()).to.deep.equal({ error: undefined, batches: 0 });
    expect(records.get('f')).to.deep.equal(Uint8Array.of(3));
    const outgoing = new Outgoing('new', Uint8Array.of(9), 1, false, undefined, undefined);
    outgoing.properties = FULL;
    expect(await visit((journal) => journal.keep(outgoing))).to.deep.equal({ error: undefined, batches: 1 });
    expect(records.get('f')).to.deep.equal(Uint8Array.of(4, 4));
    const { messages, isOfBefore } = readStore(records);
    expect(isOfBefore).to.equal(false);
    expect(messages.map(({ topic, properties }) => [topic, properties])).to.deep.equal([
      ['room/ä', undefined],
      ['b', undefined],
      ['c', undefined],
      ['new', FULL],
    ]);
    await visit((journal) => journal.forgetReceived(300));
    expect(records.get('f')).to.deep.equal(Uint8Array.of(4, 4));
  });

  it('should be of format 3 still when the first write fails, and of format 4 when the next does not', async () => {
    const store = new GatedStore(storeOfFormat3());
    const journal = new Journal(() => store.store.open('a'));
    await journal.open(NOW);
    store.failure = new Error('disk full');
    journal.forgetReceived(300);
    expect((await journal.write()).error).to.have.property('code', 'STORE');
    expect([...store.records.keys()]).to.include('r100300');
    store.failure = undefined;
    await journal.write();
    expect([store.records.get('f'), store.records.has('r100300')]).to.deep.equal([Uint8Array.of(4, 4), false]);
    journal.keepReceived(5);
    await journal.write();
    expect(store.batches.at(-1)!.map(({ key }) => key)).to.deep.equal(['r100005']);
    await journal.close();
  });

  it('should be read without an optional field that is unknown', () => {
    for (const properties of [{}, FULL]) {
      const given = { properties: { ...properties, contentType: 'x' } };
      for (const tag of [0, 3, 0x7f]) {
        const [, value] = edited(given, insert(tag, 1, 2, 3));
        const { messages, corrupt } = readStore([['f', Uint8Array.of(5, 4)], [numberedKey('m', 256), value]]); // prettier-ignore
        expect(corrupt).to.deep.equal([]);
        expect(messages.map(({ payload, properties }) => [[...payload], properties])).to.deep.equal([[[1, 2], given.properties]]); // prettier-ignore
      }
    }
  });

  it('should be refused for a field that is unknown and must not be skipped, unless its message is over', () => {
    const format: Entry = ['f', Uint8Array.of(5, 4)];
    const entry = edited({ properties: FULL }, insert(0x93));
    const words =
      /a message with a field that must not be skipped \(tag 147\), written by a newer version .* reads formats 3 to 4/;
    expect(() => readStore([format, entry])).to.throw(words);
    expect(readStore([format, entry, progress(256, { 0: 'over' })]).messages).to.deep.equal([]);
    const flagged = edited({}, (message) => (message[4]! |= 0x20));
    expect(() => readStore([format, flagged])).to.throw(
      /a message with unknown flags \(38\), written by a newer version/,
    );
  });

  it('should be left alone when a newer version has invented their kind', () => {
    const entries: Entry[] = [['f', Uint8Array.of(9, 4)], ['b17', Uint8Array.of(1)], segment(256, {})];
    const { messages, corrupt, isOfBefore } = readStore(entries);
    expect([messages.length, corrupt, isOfBefore]).to.deep.equal([1, [], false]);
  });

  it('should keep the format of a newer version that wrote them', async () => {
    const store = new GatedStore(new Map([['f', Uint8Array.of(9, 4)], ['b17', NOTHING], segment(256, {})]));
    const journal = new Journal(() => store.store.open('a'));
    await journal.open(NOW);
    journal.keepReceived(5);
    await journal.write();
    await journal.close();
    expect(store.records.get('f')).to.deep.equal(Uint8Array.of(9, 4));
    expect(store.records.has('b17')).to.equal(true);
  });

  it('should set a message aside whose fields are not what they should be', () => {
    const why = (edit: (message: number[], at: number) => void) =>
      read(edited({ properties: FULL }, edit)).corrupt.map((one) => one.why).join(); // prettier-ignore
    const set = (offset: number, value: number) => (message: number[], at: number) => (message[at + offset] = value);
    expect(why(set(2, 1))).to.equal('its fields are cut');
    expect(why(set(7, 1))).to.equal('one of its fields is cut');
    expect(why((message, at) => message.splice(at + 2))).to.equal('its fields are cut');
    expect(why((message, at) => (message[at + 3]! += 2))).to.equal('one of its fields is cut');
    expect(why(set(9, 2))).to.match(/bytes behind properties/);
    expect(why(set(9, 127))).to.match(/bytes of properties: expected 127/);
    expect(why(set(10, 0x11))).to.match(/property of publish: expected another/);
    expect(why(set(11, 2))).to.match(/payloadFormatIndicator: expected 0 to 1, got 2/);
  });

  it('should be refused as a whole when another version wrote them', () => {
    expect(() => readStore([segment(256, {})])).to.throw(/of no known format, written by an older or another version/);
    expect(() => readStore([['f', Uint8Array.of(5)]])).to.throw(/format 5, written by a newer version/);
    expect(() => readStore([['f', Uint8Array.of(6, 5)]])).to.throw(/format 6, written by a newer version/);
    expect(() => readStore([['f', Uint8Array.of(2)]])).to.throw(/format 2, written by an older or another version/);
    expect(() => readStore([['f', NOTHING]])).to.throw(/of no known format/);
    expect(readStore([]).isNew).to.equal(true);
  });
});
