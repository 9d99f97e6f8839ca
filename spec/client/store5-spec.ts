import { expect } from 'chai';
import { MemoryLevel } from 'memory-level';
import type { ClientEvent } from '../../lib/client/ClientEvent.js';
import { SessionLostError } from '../../lib/index.js';
import { levelStore } from '../../lib/store/levelStore.js';
import { memoryStore } from '../../lib/store/memoryStore.js';
import { readStore } from '../../lib/store/readStore.js';
import { GatedStore } from '../support/GatedStore.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const PROPERTIES = {
  payloadFormatIndicator: 1,
  contentType: 'text/plain',
  responseTopic: 'answers/1',
  correlationData: Uint8Array.of(0, 255),
  userProperties: [
    ['a', '1'],
    ['a', 'ü'],
  ],
} as const;

const STORES = [
  ['memoryStore', memoryStore],
  ['levelStore', () => levelStore(new MemoryLevel())],
] as const;

const persistent = ({ store }: Pick<GatedStore, 'store'>) => ({ cleanSession: false, store }) as const;
const drops = (events: readonly ClientEvent[]) =>
  events.flatMap((event) => (event.type === 'message-dropped' ? [event.reason] : []));

clientSpecs(
  'a client with a store',
  (on) => {
    /** Lets a client leave messages that were never sent, and gives what the next process finds. */
    const left = async (publish: (client: ReturnType<typeof on.client>) => void): Promise<GatedStore> => {
      const disk = new GatedStore();
      on.broker.dial = 'hang';
      publish(on.client(persistent(disk)));
      await on.settle();
      on.broker.dial = 'accept';
      return disk.survivor();
    };
    /** Connects the next process. */
    const next = (disk: GatedStore) => {
      const client = on.client({ ...persistent(disk), clientId: 'next' });
      const events = watch(client.events$);
      const held = watch(client.connection$);
      return { events, held };
    };

    it('should send what another process left with all of its properties', async () => {
      const disk = await left((client) => {
        watch(client.publish('a', '1', { qos: 1, properties: PROPERTIES }));
        watch(client.publish('b', '2', { qos: 2, properties: { userProperties: { b: '2' } } }));
        watch(client.publish('c', '3', { qos: 1 }));
      });
      const { held } = next(disk);
      await on.settle();
      const sent = on.broker.current.take('publish');
      expect(sent.map(({ properties }) => properties)).to.deep.equal([
        PROPERTIES,
        { userProperties: [['b', '2']] },
        undefined,
      ]);
      await on.settle();
      expect(disk.kinds()).to.equal('f');
      held.unsubscribe();
    });

    for (const [title, make] of STORES) {
      it(`should find them in ${title}`, async () => {
        const store = make();
        on.broker.dial = 'hang';
        const client = on.client({ cleanSession: false, store });
        watch(client.publish('a', '1', { qos: 2, properties: PROPERTIES }));
        await on.settle();
        const ended = watch(client.end({ force: true }));
        await on.settle();
        expect(ended.completed).to.equal(true);
        on.broker.dial = 'accept';
        const held = watch(on.client({ cleanSession: false, store }).connection$);
        await on.settle();
        expect(on.broker.current.take('publish').map(({ properties }) => properties)).to.deep.equal([PROPERTIES]);
        held.unsubscribe();
      });
    }

    it('should repeat what was in flight with its properties, and without the topic alias of then [MQTT5-4.4.0-1]', async () => {
      const disk = new GatedStore();
      on.broker.connack = { properties: { topicAliasMaximum: 5 } };
      const { client, server } = await on.online(persistent(disk));
      on.broker.auto = false;
      watch(client.publish('a', '1', { qos: 1, properties: PROPERTIES }));
      watch(client.publish('a', '2', { qos: 2, properties: PROPERTIES }));
      await on.settle();
      expect(server.take('publish').map(({ properties }) => properties?.topicAlias)).to.deep.equal([1, 1]);
      on.broker.auto = true;
      on.broker.connack = { sessionPresent: true };
      const { held } = next(disk.survivor());
      await on.settle();
      const sent = on.broker.current.take('publish');
      expect(sent.map(({ topic, dup, properties }) => [topic, dup, properties])).to.deep.equal([
        ['a', true, PROPERTIES],
        ['a', true, PROPERTIES],
      ]);
      held.unsubscribe();
    });

    it('should tell the server what is left of the life of a message, by the time that has passed meanwhile', async () => {
      const disk = await left((client) => {
        watch(client.publish('a', '1', { qos: 1, expiry: 20_000 }));
        watch(client.publish('a', '2', { qos: 1, properties: { messageExpiryInterval: 60, contentType: 'x' } }));
        watch(client.publish('a', '3', { qos: 1, properties: { messageExpiryInterval: 3 } }));
      });
      expect(readStore(disk.records).messages.map(({ properties }) => properties)).to.deep.equal([
        undefined,
        { contentType: 'x' },
        undefined,
      ]);
      await on.tick(3_500);
      const { events, held } = next(disk);
      await on.settle();
      const sent = on.broker.current.take('publish');
      expect(sent.map(({ properties }) => properties)).to.deep.equal([
        { messageExpiryInterval: 17 },
        { contentType: 'x', messageExpiryInterval: 57 },
      ]);
      expect(drops(events.values)).to.deep.equal(['expired']);
      held.unsubscribe();
    });

    it('should go on with the life of a message by its own clock when the wall clock was set back', async () => {
      const disk = await left((client) => {
        watch(client.publish('a', '1', { qos: 1, properties: { messageExpiryInterval: 60, contentType: 'x' } }));
      });
      on.clock.setSystemTime(on.clock.now - 3_600_000);
      on.broker.connack = 'silent';
      const { held } = next(disk);
      await on.tick(4_000);
      on.broker.current.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
      await on.settle();
      const [sent] = on.broker.current.take('publish');
      expect(sent!.properties).to.deep.equal({ contentType: 'x', messageExpiryInterval: 56 });
      held.unsubscribe();
    });

    // ─── the session has expired at the server ───

    it('should treat a session that expired at the server meanwhile as lost [MQTT5-3.2.2-5]', async () => {
      const { client } = await on.online({ cleanSession: false, sessionExpiryInterval: 60 });
      const [events, heard] = [watch(client.events$), watch(client.messages$())];
      on.broker.auto = false;
      const atLeastOnce = watch(client.publish('a', '1', { qos: 1, properties: PROPERTIES }));
      const exactlyOnce = ['2', '3'].map((text) =>
        watch(client.publish('a', text, { qos: 2, properties: PROPERTIES })),
      );
      await on.settle();
      const [, second] = on.broker.current.take('publish');
      on.broker.current.send(
        { type: 'pubrec', packetId: second!.packetId },
        message('a', 'x', { qos: 2, packetId: 7 }),
      );
      await on.settle();
      on.broker.dial = 'refuse';
      on.broker.current.fail();
      await on.tick(61_000);
      on.broker.dial = 'accept';
      on.broker.auto = true;
      on.broker.connack = { sessionPresent: false };
      await on.tick(60_000);

      const { current } = on.broker;
      const [connect] = current.take('connect');
      expect([connect!.cleanStart, connect!.properties?.sessionExpiryInterval]).to.deep.equal([false, 60]);
      const sent = current.take('publish');
      expect(texts(sent)).to.deep.equal(['1']);
      expect([sent[0]!.dup, sent[0]!.properties]).to.deep.equal([false, PROPERTIES]);
      expect(current.take('pubrel')).to.deep.equal([]);
      expect(atLeastOnce.completed).to.equal(true);
      for (const { error } of exactlyOnce) expect(error).to.be.instanceOf(SessionLostError);
      expect(drops(events.values)).to.deep.equal(['session-lost', 'session-lost']);
      current.send(message('a', 'new', { qos: 2, packetId: 7 }));
      await on.settle();
      expect(texts(heard.values)).to.deep.equal(['x', 'new']);
      heard.unsubscribe();
    });

    for (const onSessionLost of ['error', 'republish'] as const) {
      it(`should treat it so, too, when the process has died meanwhile, with onSessionLost: '${onSessionLost}' [MQTT5-3.2.2-5]`, async () => {
        const disk = new GatedStore();
        const options = { ...persistent(disk), sessionExpiryInterval: 60, onSessionLost } as const;
        const { client, server } = await on.online(options);
        on.broker.auto = false;
        watch(client.publish('a', '1', { qos: 1, properties: PROPERTIES }));
        for (const text of ['2', '3']) watch(client.publish('a', text, { qos: 2, properties: PROPERTIES }));
        await on.settle();
        const [, second] = server.take('publish');
        server.send({ type: 'pubrec', packetId: second!.packetId }, message('a', 'x', { qos: 2, packetId: 7 }));
        await on.settle();
        const survivor = disk.survivor();
        expect(survivor.kinds()).to.equal('fmmmr');
        await on.tick(61_000);

        on.broker.auto = true;
        on.broker.connack = { sessionPresent: false };
        const after = on.client({ ...options, ...persistent(survivor), clientId: 'next' });
        const [events, heard] = [watch(after.events$), watch(after.messages$())];
        const held = watch(after.connection$);
        await on.settle();
        const { current } = on.broker;
        expect(current.take('connect')[0]!.cleanStart).to.equal(false);
        const sent = current.take('publish');
        expect(texts(sent)).to.have.members(onSessionLost === 'error' ? ['1'] : ['1', '2', '3']);
        for (const { dup, properties } of sent) expect([dup, properties]).to.deep.equal([false, PROPERTIES]);
        expect(drops(events.values)).to.deep.equal(onSessionLost === 'error' ? ['session-lost', 'session-lost'] : []);
        current.send(message('a', 'new', { qos: 2, packetId: 7 }));
        await on.settle();
        await on.settle();
        expect([texts(heard.values), survivor.kinds()]).to.deep.equal([['new'], 'f']);
        held.unsubscribe();
        heard.unsubscribe();
      });
    }
  },
  [5],
);
