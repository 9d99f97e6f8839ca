import { expect } from 'chai';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs(
  'subscription identifiers',
  (on) => {
    /** The identifiers that a filter has had on all connections, the last one first. */
    const of = (filter: string): number[] =>
      on.broker.connections
        .flatMap(({ received }) => received)
        .flatMap((packet) => (packet.type === 'subscribe' ? [packet] : []))
        .filter(({ subscriptions }) => subscriptions.some((one) => one.filter === filter))
        .map(({ properties }) => properties!.subscriptionIdentifier!)
        .reverse();

    const copy = (topic: string, text: string, identifiers: readonly number[], fields: Partial<PublishPacket> = {}) =>
      message(topic, text, { ...fields, properties: { subscriptionIdentifiers: identifiers } });

    const send = async (...packets: readonly PublishPacket[]) => {
      on.broker.current.send(...packets);
      await on.settle();
    };

    const retained = { retain: true };

    for (const qos of [0, 1, 2] as const) {
      it(`should give each of overlapping filters its copy once, at QoS ${qos} [MQTT5-3.3.4-2] [MQTT5-3.3.4-5]`, async () => {
        const { client } = await on.online();
        const heard = ['a/#', 'a/+', 'a/b'].map((filter) => watch(client.topic$(filter, { qos })));
        await on.settle();
        const all = ['a/#', 'a/+', 'a/b'].map((filter) => of(filter)[0]!);
        await send(...all.map((id, i) => copy('a/b', `${id}`, [id], { qos, packetId: qos && i + 1 })));
        expect(heard.map(({ values }) => texts(values))).to.deep.equal(all.map((id) => [`${id}`]));
      });
    }

    it('should give one copy with several to all these filters, and to no other [MQTT5-3.3.4-4]', async () => {
      const { client } = await on.online();
      const heard = ['a/#', 'a/+', 'a/b'].map((filter) => watch(client.topic$(filter)));
      await on.settle();
      await send(copy('a/b', 'x', [of('a/#')[0]!, of('a/b')[0]!]));
      expect(heard.map(({ values }) => texts(values))).to.deep.equal([['x'], [], ['x']]);
      expect(heard[0]!.values[0]!.properties.subscriptionIdentifiers).to.deep.equal([of('a/#')[0], of('a/b')[0]]);
    });

    it('should tell two shared groups and a plain filter of one topic apart', async () => {
      const { client } = await on.online();
      const filters = ['$share/one/t', '$share/two/t', 't'];
      const heard = filters.map((filter) => watch(client.topic$(filter)));
      await on.settle();
      for (const filter of filters) await send(copy('t', filter, [of(filter)[0]!]));
      expect(heard.map(({ values }) => texts(values))).to.deep.equal(filters.map((filter) => [filter]));
    });

    it('should not give a copy for a durable subscription to a listener of another filter', async () => {
      const { client } = await on.online();
      watch(client.subscribe('a/#'));
      const heard = watch(client.topic$('a/b'));
      const all = watch(client.messages$());
      await on.settle();
      await send(copy('a/b', 'durable', [of('a/#')[0]!]), copy('a/b', 'mine', [of('a/b')[0]!]));
      expect([texts(heard.values), texts(all.values)]).to.deep.equal([['mine'], ['durable', 'mine']]);
    });

    it('should give a message with an unknown one, or none, to all whose filter matches', async () => {
      on.broker.connack = { sessionPresent: true };
      const { client } = await on.online({ cleanSession: false });
      const heard = ['a/#', 'a/b'].map((filter) => watch(client.topic$(filter)));
      await on.settle();
      await send(copy('a/b', 'left', [1]), message('a/b', 'none'), copy('a/b', 'both', [1, of('a/b')[0]!]));
      for (const { values } of heard) expect(texts(values)).to.deep.equal(['left', 'none', 'both']);
      expect(of('a/b')[0]).to.be.greaterThan(1);
    });

    it('should give a copy as well to a filter whose subscription has none', async () => {
      on.broker.connack = { sessionPresent: true, properties: { subscriptionIdentifiersAvailable: false } };
      const { client } = await on.online({ cleanSession: false });
      const without = watch(client.topic$('a/#'));
      await on.settle();
      on.broker.connack = { sessionPresent: true };
      on.broker.current.fail();
      await on.tick(2_000);
      const heard = watch(client.topic$('a/b'));
      await on.settle();
      await send(copy('a/b', 'x', [of('a/b')[0]!]));
      expect([texts(without.values), texts(heard.values)]).to.deep.equal([['x'], ['x']]);
    });

    // ─── what goes on for a session ───

    it('should hold in a session that is resumed', async () => {
      on.broker.connack = { sessionPresent: true };
      const { client } = await on.online({ cleanSession: false });
      const heard = ['a/#', 'a/+'].map((filter) => watch(client.topic$(filter)));
      await on.settle();
      const [wide, narrow] = [of('a/#'), of('a/+')];
      on.broker.current.fail();
      await on.tick(2_000);
      expect([of('a/#'), of('a/+')]).to.deep.equal([wide, narrow]);
      await send(copy('a/b', 'wide', wide), copy('a/b', 'narrow', narrow));
      expect(heard.map(({ values }) => texts(values))).to.deep.equal([['wide'], ['narrow']]);
    });

    it('should hold after a SUBSCRIBE that was lost with its connection', async () => {
      on.broker.connack = { sessionPresent: true };
      const { client } = await on.online({ cleanSession: false });
      on.broker.silentOn.add('subscribe');
      const heard = ['a/#', 'a/+'].map((filter) => watch(client.topic$(filter)));
      await on.settle();
      on.broker.current.fail();
      on.broker.silentOn.clear();
      await on.tick(2_000);
      const [now, before] = of('a/#');
      expect(now).to.not.equal(before);
      await send(
        copy('a/b', 'before', [before!]),
        copy('a/b', 'now', [now!]),
        copy('a/c', 'kept', [before!], retained),
      );
      expect(heard.map(({ values }) => texts(values))).to.deep.equal([['before', 'now', 'kept'], []]);
    });

    // ─── late listeners ───

    it('should bring retained messages to the late listener alone, at any time, of any topic again', async () => {
      const { client } = await on.online();
      const first = watch(client.topic$('a/#'));
      await on.settle();
      await send(copy('a/1', 'kept', of('a/#'), retained));
      const second = watch(client.topic$('a/#'));
      await on.settle();
      const [late, early] = of('a/#');
      await send(copy('a/1', 'live', [early!]), copy('a/2', 'live', [late!]));
      await on.tick(60_000);
      await send(copy('a/1', 'kept', [late!], retained), copy('a/2', 'kept', [late!], retained));
      await send(copy('a/3', 'for the first', [early!], retained));
      expect(texts(first.values)).to.deep.equal(['kept', 'live', 'live', 'for the first']);
      expect(texts(second.values)).to.deep.equal(['live', 'live', 'kept', 'kept']);
    });

    it('should bring retained messages to all listeners who caused the SUBSCRIBE, and to nobody when they have left', async () => {
      const { client } = await on.online();
      const first = watch(client.topic$('a'));
      await on.settle();
      const late = [watch(client.topic$('a')), watch(client.topic$('a'))];
      await on.settle();
      late[0]!.unsubscribe();
      await send(copy('a', 'kept', [of('a')[0]!], retained));
      late[1]!.unsubscribe();
      await send(copy('a', 'kept', [of('a')[0]!], retained));
      expect([first, ...late].map(({ values }) => values.length)).to.deep.equal([0, 0, 1]);
    });

    it('should bring live messages to all, by the identifier of the SUBSCRIBE before as well', async () => {
      const { client } = await on.online();
      const heard = [];
      for (let i = 0; i < 3; i++) {
        heard.push(watch(client.topic$('a/+')));
        await on.settle();
      }
      await send(...of('a/+').map((id) => copy('a/b', `${id}`, [id])));
      for (const { values } of heard) expect(values.length).to.equal(3);
    });

    it('should leave no timer, once the broker has sent one', async () => {
      const { client } = await on.online({ keepAlive: 0 });
      watch(client.topic$('a/+'));
      await on.settle();
      await send(copy('a/b', 'live', of('a/+')));
      await on.tick(5_000);
      watch(client.topic$('a/+'));
      await on.settle();
      expect(on.clock.countTimers()).to.equal(0);
    });

    it('should bring the retained messages of a new session to all listeners again', async () => {
      const { client } = await on.online();
      const heard = [watch(client.topic$('a'))];
      await on.settle();
      heard.push(watch(client.topic$('a')));
      await on.settle();
      on.broker.current.fail();
      await on.tick(2_000);
      await send(copy('a', 'kept', [of('a')[0]!], retained));
      expect(heard.map(({ values }) => values.length)).to.deep.equal([1, 1]);
    });

    // ─── RETAIN as published ───

    it('should lose no live message with RETAIN that keeps it as published [MQTT5-3.3.1-13]', async () => {
      const { client } = await on.online();
      const first = watch(client.topic$('a/+', { retainAsPublished: true }));
      await on.settle();
      const second = watch(client.topic$('a/+', { retainAsPublished: true }));
      await on.settle();
      const [late, early] = of('a/+');
      await send(copy('a/b', '1', [early!], retained), copy('a/b', '2', [late!], retained), copy('a/b', '3', [late!]));
      for (const { values } of [first, second]) expect(texts(values)).to.deep.equal(['1', '2', '3']);
    });

    it('should lose no message with RETAIN that is for several filters', async () => {
      const { client } = await on.online();
      const heard = [watch(client.topic$('a/+', { retainAsPublished: true })), watch(client.topic$('a/#'))];
      await on.settle();
      watch(client.topic$('a/#'));
      await on.settle();
      await send(copy('a/b', 'live', [of('a/+')[0]!, of('a/#')[0]!], retained));
      expect(heard.map(({ values }) => values.length)).to.deep.equal([1, 1]);
    });

    for (const subscriptionIdentifiersAvailable of [true, false]) {
      it(`should lose none while retained messages are awaited, identifiers ${subscriptionIdentifiersAvailable}`, async () => {
        on.broker.connack = { properties: { subscriptionIdentifiersAvailable } };
        const { client } = await on.online();
        const heard = watch(client.topic$('a', { retainAsPublished: true }));
        await on.settle();
        await send(message('a', '1', retained));
        watch(client.topic$('a', { retainAsPublished: true }));
        await on.settle();
        await send(message('a', '2', retained), message('a', '3', retained));
        expect(texts(heard.values)).to.deep.equal(['1', '2', '3']);
      });
    }
  },
  [5],
);
