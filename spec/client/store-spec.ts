import { expect } from 'chai';
import { MemoryLevel } from 'memory-level';
import { MessageExpiredError, StoreError, backoff } from '../../lib/index.js';
import type { ClientEvent } from '../../lib/client/ClientEvent.js';
import type { StoreChange } from '../../lib/session/SessionStore.js';
import { readMessages } from '../../lib/store/messagesRecord.js';
import { numberedKey, serialOf } from '../../lib/store/records.js';
import { levelStore } from '../../lib/store/levelStore.js';
import { memoryStore } from '../../lib/store/memoryStore.js';
import { FlakyStore } from '../fuzz/FlakyStore.js';
import { GatedStore } from '../support/GatedStore.js';
import { message, texts } from '../support/message.js';
import { messagesIn } from '../support/messagesIn.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const persistent = ({ store }: Pick<GatedStore, 'store'>) => ({ cleanSession: false, store }) as const;
/** How many messages each batch puts into the store. */
const sizes = (batches: GatedStore['batches']) => batches.map((changes) => changes.flatMap(messagesOf).length);
const messagesOf = (change: StoreChange) =>
  change.type === 'put' && change.key.startsWith('m') ? messagesIn(change.value) : [];
const ofType = <T extends ClientEvent['type']>(events: readonly ClientEvent[], type: T) =>
  events.filter((event): event is Extract<ClientEvent, { type: T }> => event.type === type);

clientSpecs('a client with a store', (on) => {
  it('should write no message before the store has it', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    disk.isGated = true;
    watch(client.publish('a', '1', { qos: 1 }));
    watch(client.publish('a', '2', { qos: 2 }));
    await on.settle();
    expect(server.take('publish')).to.deep.equal([]);
    disk.release();
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['1', '2']);
    disk.ungate();
  });

  it('should keep the order of messages although the store is slow, those at QoS 0 among them', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    disk.isGated = true;
    for (const [i, qos] of ([1, 0, 2, 0, 1] as const).entries()) {
      watch(client.publish('a', String(i), { qos }));
      if (i === 2) await on.settle();
    }
    for (let i = 0; i < 4; i++) {
      await on.settle();
      disk.release();
    }
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['0', '1', '2', '3', '4']);
    disk.ungate();
  });

  it('should write what a turn brings in one batch, and what comes meanwhile in the next', async () => {
    const disk = new GatedStore();
    const { client } = await on.online(persistent(disk));
    await on.settle();
    disk.batches.length = 0;
    disk.isGated = true;
    on.broker.auto = false;
    for (let i = 0; i < 100; i++) watch(client.publish('a', String(i), { qos: 1 }));
    for (let turn = 0; turn < 5; turn++) {
      await on.settle();
      for (let i = 0; i < 20; i++) watch(client.publish('a', `${turn} ${i}`, { qos: 1 }));
    }
    await on.settle();
    expect(sizes(disk.batches)).to.deep.equal([100]);
    disk.release();
    await on.settle();
    expect(sizes(disk.batches)).to.deep.equal([100, 100]);
    disk.ungate();
  });

  it('should delete what is acknowledged, many at once, and leave nothing', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    on.broker.auto = false;
    const all = Array.from({ length: 50 }, () => watch(client.publish('a', 'x', { qos: 1 })));
    await on.settle();
    disk.batches.length = 0;
    const acks = server.take('publish').map(({ packetId }) => ({ type: 'puback', packetId }) as const);
    server.send(...acks);
    await on.settle();
    expect(all.every(({ completed }) => completed)).to.equal(true);
    expect(disk.batches.map((changes) => changes.map(({ type }) => type))).to.deep.equal([['del']]);
    expect(disk.kinds()).to.equal('f');
  });

  it('should never write what is over before it could be written', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    const client = on.client(persistent(disk));
    const kept = watch(client.publish('a', 'kept', { qos: 1 }));
    await on.settle();
    watch(client.publish('a', 'x', { qos: 1 })).unsubscribe();
    await on.settle();
    expect(disk.batches.flatMap((changes) => changes.map(({ type, key }) => type + key[0]!))).to.deep.equal([
      'putf',
      'putm',
    ]);
    kept.unsubscribe();
    await on.settle();
    expect(disk.kinds()).to.equal('f');
  });

  it('should answer a QoS 2 message when the store has its identifier, not before [MQTT-4.3.3-2]', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    const heard = watch(client.messages$());
    disk.isGated = true;
    server.send(message('a', 'x', { qos: 2, packetId: 7 }));
    await on.settle();
    expect([heard.values.length, server.take('pubrec').length]).to.deep.equal([1, 0]);
    on.broker.silentOn.add('pubrec');
    disk.release();
    await on.settle();
    expect(server.take('pubrec')).to.deep.equal([{ type: 'pubrec', packetId: 7 }]);
    expect(disk.kinds()).to.equal('fr');
    disk.ungate();
    server.send({ type: 'pubrel', packetId: 7 });
    await on.settle();
    expect(disk.kinds()).to.equal('f');
    heard.unsubscribe();
  });

  // ─── restart ───

  it('should go on where another process died: QoS 1, PUBREL and the queue, in order [MQTT-4.4.0-1]', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online({ ...persistent(disk), maxInflight: 4 });
    on.broker.auto = false;
    for (const [i, qos] of ([2, 1, 2, 1, 1, 2] as const).entries()) watch(client.publish('a', String(i), { qos }));
    await on.settle();
    const [first, , third] = server.take('publish');
    server.send({ type: 'pubrec', packetId: third!.packetId }, { type: 'pubrec', packetId: first!.packetId });
    await on.settle();
    const left = disk.survivor();

    on.broker.connack = { sessionPresent: true };
    on.broker.auto = true;
    for (const type of ['publish', 'pubrel'] as const) on.broker.silentOn.add(type);
    const next = on.client({ ...persistent(left), clientId: 'next', maxInflight: 4 });
    const events = watch(next.events$);
    const held = watch(next.connection$);
    await on.settle();
    expect(ofType(events.values, 'recovered')).to.deep.equal([
      { type: 'recovered', inFlight: 4, queued: 2, received: 0 },
    ]);
    const connection = on.broker.current;
    expect(connection.take().map((p) => (p.type === 'publish' ? `${String(p.payload[0])} ${String(p.dup)}` : p.type))) // prettier-ignore
      .to.deep.equal(['connect', 'pubrel', 'pubrel', '49 true', '51 true']);
    expect(connection.received.flatMap((p) => (p.type === 'pubrel' ? [p.packetId] : []))).to.deep.equal([
      third!.packetId,
      first!.packetId,
    ]);
    on.broker.silentOn.clear();
    for (const packet of connection.received) {
      if (packet.type === 'pubrel') connection.send({ type: 'pubcomp', packetId: packet.packetId });
      if (packet.type === 'publish') connection.send({ type: 'puback', packetId: packet.packetId });
    }
    await on.settle();
    await on.settle();
    expect(texts(connection.take('publish'))).to.deep.equal(['4', '5']);
    expect(left.kinds()).to.equal('f');
    held.unsubscribe();
  });

  it('should send again, of messages that were taken on together, those alone that are not over', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    on.broker.auto = false;
    const all = Array.from({ length: 600 }, (_, i) => i);
    for (const i of all) watch(client.publish('a', String(i), { qos: 1 }));
    await on.settle();
    const isOver = (i: number) => i < 256 || i % 3 === 0;
    const packets = server.take('publish');
    server.send(...packets.filter((_, i) => isOver(i)).map(({ packetId }) => ({ type: 'puback', packetId }) as const));
    await on.settle();
    const expected = all.filter((i) => !isOver(i)).map(String);
    expect(disk.kinds()).to.equal(`f${'m'.repeat(expected.length)}`);

    on.broker.auto = true;
    on.broker.connack = { sessionPresent: true };
    const left = disk.survivor();
    const held = watch(on.client({ ...persistent(left), clientId: 'next' }).connection$);
    await on.settle();
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(expected);
    await on.settle();
    expect(left.kinds()).to.equal('f');
    held.unsubscribe();
  });

  it('should add to what a process before has said of messages that were taken on together', async () => {
    const disk = new GatedStore();
    const first = await on.online({ ...persistent(disk), clientId: 'first' });
    on.broker.auto = false;
    for (const i of [1, 2, 3, 4, 5]) watch(first.client.publish('a', String(i), { qos: 2 }));
    await on.settle();
    const ids = first.server.take('publish').map(({ packetId }) => packetId);
    const pubrec = (i: number) => ({ type: 'pubrec', packetId: ids[i]! }) as const;
    const pubcomp = (i: number) => ({ type: 'pubcomp', packetId: ids[i]! }) as const;
    first.server.send(pubrec(0), pubrec(2));
    await on.settle();
    first.server.send(pubcomp(0));
    await on.settle();

    const connect = async (disk: GatedStore, clientId: string) => {
      const held = watch(on.client({ ...persistent(disk), clientId }).connection$);
      on.broker.connack = { sessionPresent: true };
      await on.settle();
      const { current } = on.broker;
      current.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
      await on.settle();
      const packets = current.take().flatMap((p) => ('packetId' in p ? [`${p.type} ${ids.indexOf(p.packetId)}`] : []));
      return { held, current, packets };
    };
    const second = disk.survivor();
    const { current, packets } = await connect(second, 'second');
    expect(packets).to.deep.equal(['pubrel 2', 'publish 1', 'publish 3', 'publish 4']);
    second.isGated = true;
    current.send(pubrec(4), pubrec(1));
    await on.settle();
    expect((await connect(second.survivor(), 'third')).packets).to.deep.equal(packets); // not stored yet
    second.release();
    await on.settle();
    current.send(pubcomp(2), pubrec(3));
    await on.settle();
    const order = ['pubrel 2', 'pubrel 4', 'pubrel 1', 'pubrel 3'];
    expect((await connect(second.survivor(), 'fourth')).packets).to.deep.equal([...order.slice(0, 3), 'publish 3']);
    second.release();
    await on.settle();
    expect((await connect(second.survivor(), 'fifth')).packets).to.deep.equal(order.slice(1));
    second.ungate();
  });

  it('should say what it said, and no more, while it is written', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    on.broker.auto = false;
    for (const i of [1, 2, 3]) watch(client.publish('a', String(i), { qos: 1 }));
    await on.settle();
    disk.isGated = true;
    for (const { packetId } of server.take('publish').slice(0, 2).reverse()) {
      server.send({ type: 'puback', packetId });
      await on.settle();
    }
    disk.release();
    await on.settle();
    expect(disk.kinds()).to.equal('fmm');
    disk.release();
    await on.settle();
    expect(disk.kinds()).to.equal('fm');
    disk.ungate();
  });

  it('should keep nothing large for the sake of a small message that was taken on with it', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    on.broker.auto = false;
    for (const size of [0, 65_537, 65_536, 10]) watch(client.publish('a', new Uint8Array(size), { qos: 1 }));
    await on.settle();
    for (const { packetId, payload } of server.take('publish')) {
      if (payload.length > 10) server.send({ type: 'puback', packetId });
    }
    await on.settle();
    expect(disk.kinds()).to.equal('fmm');
    expect([...disk.records.values()].reduce((sum, { length }) => sum + length, 0)).to.be.below(200);
  });

  it('should remember identifiers of QoS 2 messages that another process has heard [MQTT-4.3.3-2]', async () => {
    const disk = new GatedStore();
    const { server } = await on.online(persistent(disk));
    on.broker.auto = false;
    server.send(message('a', 'x', { qos: 2, packetId: 7 }));
    await on.settle();
    on.broker.auto = true;

    on.broker.connack = { sessionPresent: true };
    const next = on.client({ ...persistent(disk.survivor()), clientId: 'next' });
    const heard = watch(next.messages$());
    const held = watch(next.connection$);
    await on.settle();
    on.broker.current.send(
      message('a', 'x', { qos: 2, packetId: 7, dup: true }),
      message('a', 'y', { qos: 2, packetId: 8 }),
    );
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['y']);
    expect(on.broker.current.take('pubcomp').length).to.equal(2);
    held.unsubscribe();
    heard.unsubscribe();
  });

  it('should forget what belonged to a session that the broker has lost', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    on.broker.auto = false;
    watch(client.publish('a', '1', { qos: 1 }));
    watch(client.publish('a', '2', { qos: 2 }));
    server.send(message('a', 'x', { qos: 2, packetId: 7 }));
    await on.settle();
    on.broker.auto = true;
    const left = disk.survivor();
    expect(left.kinds()).to.equal('fmmr');

    const next = on.client({ ...persistent(left), clientId: 'next' });
    const events = watch(next.events$);
    const heard = watch(next.messages$());
    const held = watch(next.connection$);
    await on.settle();
    expect(on.broker.current.take('publish').map(({ qos, dup }) => [qos, dup])).to.deep.equal([[1, false]]);
    expect(ofType(events.values, 'message-dropped')).to.deep.equal([
      { type: 'message-dropped', topic: 'a', reason: 'session-lost' },
    ]);
    on.broker.current.send(message('a', 'new', { qos: 2, packetId: 7 }));
    await on.settle();
    expect([texts(heard.values), left.kinds()]).to.deep.equal([['new'], 'f']);
    held.unsubscribe();
    heard.unsubscribe();
  });

  it('should publish anew, if asked to, what a lost session had released when its process died', async () => {
    const disk = new GatedStore();
    const options = { ...persistent(disk), onSessionLost: 'republish' } as const;
    const { client, server } = await on.online(options);
    on.broker.auto = false;
    watch(client.publish('a', 'once more', { qos: 2 }));
    await on.settle();
    server.send({ type: 'pubrec', packetId: server.take('publish')[0]!.packetId });
    await on.settle();
    on.broker.auto = true;
    const left = disk.survivor();
    const held = watch(on.client({ ...options, ...persistent(left), clientId: 'next' }).connection$);
    await on.settle();
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['once more']);
    await on.settle();
    expect(left.kinds()).to.equal('f');
    held.unsubscribe();
  });

  it('should keep what it publishes itself behind what another process left', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    watch(on.client(persistent(disk)).publish('a', '1', { qos: 1 }));
    await on.settle();
    const second = disk.survivor();
    watch(on.client({ ...persistent(second), clientId: 'second' }).publish('a', '2', { qos: 2 }));
    await on.settle();
    on.broker.dial = 'accept';
    const held = watch(on.client({ ...persistent(second.survivor()), clientId: 'third' }).connection$);
    await on.settle();
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['1', '2']);
    held.unsubscribe();
  });

  it('should connect no more when it is ended while its store opens, and leave all to the next process', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    watch(on.client(persistent(disk)).publish('a', '1', { qos: 1 }));
    await on.settle();
    const left = disk.survivor();
    left.isGated = true;
    const { dials } = on.broker;
    const client = on.client({ ...persistent(left), clientId: 'next' });
    const held = watch(client.connection$);
    const ended = watch(client.end());
    await on.settle();
    expect(held.completed).to.equal(true);
    left.ungate();
    await on.settle();
    await on.tick(10_000);
    expect([ended.completed, on.broker.dials, left.closes, left.kinds()]).to.deep.equal([true, dials, 1, 'fm']);
  });

  it('should hold the connection for what another process left, and let go of it then', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    const client = on.client(persistent(disk));
    watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    on.broker.dial = 'accept';
    on.broker.auto = false;
    const next = on.client({ ...persistent(disk.survivor()), clientId: 'next', linger: 0 });
    const held = watch(next.connection$);
    await on.settle();
    held.unsubscribe();
    on.broker.current.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
    await on.tick(10_000);
    const [left] = on.broker.current.take('publish');
    expect(on.broker.current.open).to.equal(true);
    on.broker.current.send({ type: 'puback', packetId: left!.packetId });
    await on.tick(1);
    expect(on.broker.current.received.at(-1)?.type).to.equal('disconnect');
  });

  it('should leave what end() did not finish to the next process, written or not', async () => {
    const disk = new GatedStore();
    const { client } = await on.online({ ...persistent(disk), maxInflight: 1 });
    on.broker.auto = false;
    const published = ['1', '2'].map((text) => watch(client.publish('a', text, { qos: 1 })));
    await on.settle();
    const ended = watch(client.end({ force: true }));
    await on.settle();
    for (const { error } of published) expect(error).to.have.property('code', 'CLIENT_ENDED');
    expect([ended.completed, disk.closes, disk.kinds()]).to.deep.equal([true, 1, 'fmm']);
  });

  it('should complete end() after 5 s at the earliest when the store does not answer', async () => {
    const disk = new GatedStore();
    const { client } = await on.online(persistent(disk));
    disk.isGated = true;
    watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    const ended = watch(client.end({ timeout: 300 }));
    await on.tick(300 + 4_999);
    expect(ended.completed).to.equal(false);
    await on.tick(1);
    expect(ended.completed).to.equal(true);
    disk.ungate();
  });

  // ─── what is wrong ───

  it('should err the publishes that a failing store could not keep, and say so, and go on', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    const events = watch(client.events$);
    disk.failure = new Error('no space left on device');
    const failed = [watch(client.publish('a', '1', { qos: 1 })), watch(client.publish('a', '2', { qos: 2 }))];
    await on.settle();
    for (const { error } of failed) {
      expect(error).to.be.instanceOf(StoreError);
      expect((error as StoreError).message).to.contain('no space left on device');
      expect((error as StoreError).during).to.equal('write');
    }
    expect(server.take('publish')).to.deep.equal([]);
    expect(ofType(events.values, 'store-failed')[0]?.error).to.equal(failed[0]!.error);
    disk.failure = undefined;
    on.broker.connack = { sessionPresent: true };
    const published = watch(client.publish('a', '3', { qos: 1 }));
    await on.tick(5_000);
    expect(published.completed).to.equal(true);
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['3']);
    expect(disk.kinds()).to.equal('f');
  });

  it('should err the publishes when somebody has closed the database, and say so', async () => {
    const db = new MemoryLevel();
    const { client, server } = await on.online({ cleanSession: false, store: levelStore(db) });
    const events = watch(client.events$);
    await db.close();
    const failed = [watch(client.publish('a', '1', { qos: 1 })), watch(client.publish('a', '2', { qos: 2 }))];
    await on.settle();
    for (const { error } of failed) {
      expect(error).to.have.property('code', 'STORE');
      expect((error as StoreError).message).to.match(/not open/);
    }
    expect(server.take('publish')).to.deep.equal([]);
    expect(ofType(events.values, 'store-failed')[0]?.error).to.equal(failed[0]!.error);
  });

  it('should turn the newest away while offline for long, keep the others, and send those', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    const client = on.client({ ...persistent(disk), queue: { size: 2, overflow: 'drop-newest' }, connectTimeout: 500 });
    const all = ['1', '2', '3'].map((text) => watch(client.publish('a', text, { qos: 1 })));
    await on.tick(3_600_000);
    expect(all.map(({ ends }) => ends)).to.deep.equal([0, 0, 1]);
    expect(all[2]!.error).to.have.property('code', 'QUEUE_OVERFLOW');
    expect(disk.kinds()).to.equal('fmm');
    on.broker.dial = 'accept';
    await on.tick(120_000);
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['1', '2']);
    expect(disk.kinds()).to.equal('f');
  });

  it('should lose nothing that was kept when the store fails to delete it', async () => {
    const disk = new GatedStore();
    const { client } = await on.online(persistent(disk));
    on.broker.auto = false;
    const published = watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    disk.failure = new Error('read-only file system');
    on.broker.current.send({ type: 'puback', packetId: 1 });
    await on.settle();
    expect(published.completed).to.equal(true);
    expect(disk.kinds()).to.equal('fm');
    disk.failure = undefined;
    on.broker.auto = true;
    on.broker.connack = { sessionPresent: true };
    await on.tick(5_000);
    expect(disk.kinds()).to.equal('f');
  });

  it('should end the attempt with a StoreError when the store cannot be opened, and try anew with the next', async () => {
    const store = memoryStore();
    const first = await on.online({ cleanSession: false, store });
    const second = on.client({ cleanSession: false, store, retryWhen: backoff({ jitter: 0 }) });
    const refused = watch(second.connection$);
    await on.settle();
    expect(refused.error).to.be.instanceOf(StoreError);
    expect((refused.error as StoreError).during).to.equal('open');
    expect((refused.error as StoreError).message).to.match(/"spec" is in use by another client of this process/);
    const ended = watch(first.client.end());
    await on.settle();
    expect(ended.completed).to.equal(true);
    const again = watch(second.connection$);
    await on.settle();
    expect(again.values.length).to.equal(1);
    again.unsubscribe();
  });

  it('should refuse a store that another version has written', async () => {
    for (const [format, age] of [
      [2, 'an older or another'],
      [5, 'a newer'],
    ] as const) {
      const disk = new GatedStore(new Map([['f', Uint8Array.of(format)]]));
      const refused = watch(on.client(persistent(disk)).connection$);
      await on.settle();
      expect((refused.error as StoreError).message).to.contain(`format ${format}, written by ${age} version`);
      expect(on.broker.dials).to.equal(0);
      expect(disk.closes).to.equal(1);
    }
  });

  it('should set a corrupt record aside, say so, and send the others', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    const client = on.client(persistent(disk));
    for (const text of ['1', '2', '3']) watch(client.publish('a', text, { qos: 1 }));
    await on.settle();
    on.broker.dial = 'accept';
    const left = disk.survivor();
    const [first, record] = [...left.records].find(([key]) => key.startsWith('m'))!;
    readMessages(record)[1]!.bytes[9]! ^= 1;
    const key = numberedKey('m', serialOf(first) + 1);
    left.records.set('what?', Uint8Array.of(1));

    const next = on.client({ ...persistent(left), clientId: 'next' });
    const events = watch(next.events$);
    const held = watch(next.connection$);
    await on.settle();
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['1', '3']);
    expect(ofType(events.values, 'record-set-aside')).to.have.deep.members([
      { type: 'record-set-aside', key, reason: 'its checksum is wrong' },
      { type: 'record-set-aside', key: 'what?', reason: 'its key begins with an unknown letter' },
    ]);
    expect([...left.records.keys()].sort()).to.deep.equal(['f', `s${key}`, 'swhat?']);
    held.unsubscribe();
  });

  // ─── the queue ───

  it('should bound the queue in bytes as well, with the store too', async () => {
    for (const store of [undefined, new GatedStore().store]) {
      on.broker.dial = 'hang';
      const client = on.client({ queue: { bytes: 10, overflow: 'drop-oldest' }, ...(store ? { store } : {}) });
      const all = ['aaaa', 'bbbb', 'cccc', 'dddddddddddd', 'ee'].map((text) =>
        watch(client.publish('a', text, { qos: 1 })),
      );
      await on.settle();
      expect(all.map(({ error }) => (error as { code?: string } | undefined)?.code)).to.deep.equal([
        'QUEUE_OVERFLOW',
        undefined,
        undefined,
        'QUEUE_OVERFLOW',
        undefined,
      ]);
    }
  });

  it('should not send a message that waited longer than its expiry, and tell who waits', async () => {
    for (const disk of [undefined, new GatedStore()]) {
      on.broker.dial = 'hang';
      const client = on.client({ connectTimeout: 60_000, ...(disk ? persistent(disk) : {}) });
      const events = watch(client.events$);
      const short = watch(client.publish('a', 'short', { qos: 1, expiry: 1_000 }));
      const long = watch(client.publish('a', 'long', { qos: 1, expiry: 30_000 }));
      const silent = watch(client.publish('a', 'silent', { qos: 0, expiry: 1_000 }));
      await on.tick(999);
      expect([short.ends, silent.ends]).to.deep.equal([0, 0]);
      await on.tick(1);
      expect([short.error, silent.error].every((error) => error instanceof MessageExpiredError)).to.equal(true);
      expect(ofType(events.values, 'message-dropped').map(({ reason }) => reason)).to.deep.equal([
        'expired',
        'expired',
      ]);
      expect(long.ends).to.equal(0);
      if (disk) expect(disk.kinds()).to.equal('fm');
    }
  });

  it('should not expire a message that was written, nor take its time anew for each connection', async () => {
    const { client, server } = await on.online();
    on.broker.auto = false;
    const published = watch(client.publish('a', 'x', { qos: 1, expiry: 1_000 }));
    await on.tick(5_000);
    expect([server.take('publish').length, published.ends]).to.deep.equal([1, 0]);
  });

  it('should let what another process left expire when its time comes, on the clock and not by its own start', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    const client = on.client(persistent(disk));
    watch(client.publish('a', 'short', { qos: 1, expiry: 2_000 }));
    watch(client.publish('a', 'long', { qos: 1, expiry: 20_000 }));
    await on.settle();
    const left = disk.survivor();
    await on.tick(3_000);
    on.broker.dial = 'accept';
    const next = on.client({ ...persistent(left), clientId: 'next' });
    const held = watch(next.connection$);
    await on.settle();
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['long']);
    held.unsubscribe();
  });

  it('should have room again when large messages are taken back before they are stored', async () => {
    const disk = new GatedStore();
    on.broker.dial = 'hang';
    const client = on.client(persistent(disk));
    watch(client.publish('a', 'small', { qos: 1 }));
    await on.settle();
    disk.isGated = true;
    const payload = new Uint8Array(1_048_576);
    for (const large of Array.from({ length: 17 }, () => watch(client.publish('a', payload, { qos: 1 })))) {
      large.unsubscribe();
    }
    await on.settle();
    disk.ungate();
    on.broker.dial = 'accept';
    const light = watch(client.publish('a', 'light'));
    await on.tick(60_000);
    expect(light.completed).to.equal(true);
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['small', 'light']);
  });

  it('should refuse an expiry that is no time', async () => {
    const { client } = await on.online();
    for (const expiry of [0, -1, NaN, 2 ** 31]) {
      const refused = watch(client.publish('a', 'x', { expiry }));
      expect((refused.error as Error).message).to.match(/^expiry: expected milliseconds/);
    }
  });

  it('should refuse what is no store, and a store without an identifier to keep things under', () => {
    const { store } = new GatedStore();
    expect(() => on.client({ store: { open: () => undefined } as never })).to.throw(
      /option store: .*sessionStore\(open\)/,
    );
    expect(() => on.client({ clientId: '', store })).to.throw(/option clientId: .*store/);
  });

  it('should send on the next connection, once, what at QoS 0 waited for a store that failed', async () => {
    const disk = new GatedStore();
    const { client } = await on.online(persistent(disk));
    disk.failure = new Error('disk full');
    const kept = watch(client.publish('a', '1', { qos: 1 }));
    const light = watch(client.publish('a', '2'));
    await on.settle();
    expect(kept.error).to.have.property('code', 'STORE');
    disk.failure = undefined;
    await on.tick(1_000);
    expect([light.completed, texts(on.broker.connections.flatMap((one) => one.take('publish')))]).to.deep.equal([
      true,
      ['2'],
    ]);
  });

  it('should close the store when nothing is written any more', async () => {
    const disk = new FlakyStore();
    const client = on.client({ cleanSession: false, store: disk.store, linger: 0 });
    watch(client.publish('a', 'x'));
    await on.tick(1);
    disk.become('hangs', 1);
    const published = watch(client.publish('a', 'text', { qos: 2 }));
    await on.settle();
    published.unsubscribe(); // a change that has to wait
    await on.settle();
    const ended = watch(client.end({ timeout: 0 }));
    await on.tick(1);
    disk.become('works');
    await on.tick(1);
    expect([ended.completed, disk.isOpen, disk.faults]).to.deep.equal([true, false, []]);
  });

  it('should not take an acknowledgement for that of a message which waits for the store', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online(persistent(disk));
    disk.isGated = true;
    const published = watch(client.publish('a', 'x', { qos: 1 }));
    const exactlyOnce = watch(client.publish('a', 'y', { qos: 2 }));
    await on.settle();
    server.send({ type: 'puback', packetId: 1 }, { type: 'pubrec', packetId: 2 });
    await on.settle();
    expect([published.ends, exactlyOnce.ends]).to.deep.equal([0, 0]);
    disk.ungate();
    await on.settle();
    await on.settle();
    expect([published.completed, exactlyOnce.completed]).to.deep.equal([true, true]);
    expect(server.take().map(({ type }) => type)).to.deep.equal(['publish', 'publish', 'pubrel']);
    expect(server.received.flatMap((p) => (p.type === 'publish' ? [p.payload.length] : []))).to.deep.equal([1, 1]);
  });
});
