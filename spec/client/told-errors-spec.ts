import { expect } from 'chai';
import { retry } from 'rxjs';
import { PublishUnfinishedError, backoff } from '../../lib/index.js';
import { GatedStore } from '../support/GatedStore.js';
import { texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** The first failure is final. */
const retryWhen = () => backoff({ retries: 0 });

clientSpecs('what erred when the connection was given up', (on) => {
  const publishes = () =>
    on.broker.connections.map(({ received }) => texts(received.filter((one) => one.type === 'publish')));
  const never = (...types: ('publish' | 'pubrel' | 'subscribe')[]) =>
    types.forEach((type) => on.broker.silentOn.add(type));

  it('should not be sent again with a clean session, whatever the QoS and however far it had come', async () => {
    never('publish');
    const { client, server } = await on.online({ retryWhen: retryWhen(), maxInflight: 3 });
    const all = ([1, 2, 2, 0, 1] as const).map((qos, i) => watch(client.publish('a', String(i), { qos })));
    await on.settle();
    server.send({ type: 'pubrec', packetId: server.take('publish')[1]!.packetId });
    await on.settle();
    server.close();
    await on.settle();
    expect(all.map(({ ends }) => ends)).to.deep.equal([1, 1, 1, 1, 1]);
    on.broker.silentOn.clear();
    const next = watch(client.publish('a', 'next', { qos: 2 }));
    await on.tick(1_000);
    expect(next.completed).to.equal(true);
    expect(publishes()[1]).to.deep.equal(['next']);
    expect(on.broker.current.received.slice(0, 3).map(({ type }) => type)).to.deep.equal([
      'connect',
      'publish',
      'pubrel',
    ]);
  });

  it('should not be sent again also when it waited for a window, with bytes of its own that the transport held', async () => {
    on.broker.dial = 'refuse';
    const client = on.client({ retryWhen: retryWhen() });
    const all = ([0, 1, 2] as const).map((qos) => watch(client.publish('a', String(qos), { qos })));
    await on.settle();
    expect(all.map(({ error }) => (error as Error).name)).to.deep.equal(all.map(() => 'ConnectionFailedError'));
    on.broker.dial = 'accept';
    watch(client.connection$);
    await on.settle();
    expect(publishes()).to.deep.equal([[]]);
  });

  for (const qos of [1, 2] as const) {
    it(`should go out once more with retry(1), and settle, with a clean session at QoS ${qos}`, async () => {
      never('publish');
      const { client, server } = await on.online({ retryWhen: retryWhen() });
      const sent = watch(client.publish('a', 'x', { qos }).pipe(retry(1)));
      await on.settle();
      on.broker.silentOn.clear();
      server.close();
      await on.tick(1_000);
      expect([sent.completed, sent.values.length, publishes()]).to.deep.equal([true, 1, [['x'], ['x']]]);
      const again = on.broker.current.received.find((one) => one.type === 'publish');
      expect(again).to.include({ dup: false });
    });

    it(`should be a PublishUnfinishedError with a persistent session at QoS ${qos}, and be finished [MQTT-4.4.0-1]`, async () => {
      never('publish');
      const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
      const sent = watch(client.publish('a', 'x', { qos }));
      await on.settle();
      server.close();
      await on.settle();
      expect(sent.error).to.be.instanceOf(PublishUnfinishedError);
      expect(sent.error).to.include({ topic: 'a' }).and.have.nested.property('cause.code', 'CONNECTION_LOST');
      on.broker.silentOn.clear();
      on.broker.connack = { sessionPresent: true };
      watch(client.connection$);
      await on.settle();
      expect([publishes(), sent.ends]).to.deep.equal([[['x'], ['x']], 1]);
      const [first, second] = on.broker.connections.map(({ received }) =>
        received.find((one) => one.type === 'publish'),
      );
      expect(second).to.include({ dup: true, packetId: first?.packetId });
    });

    it(`should be one exchange with retry(1) on a persistent session at QoS ${qos}`, async () => {
      never('publish');
      const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
      const sent = watch(client.publish('a', 'x', { qos }).pipe(retry(1)));
      await on.settle();
      const [first] = server.take('publish');
      on.broker.silentOn.clear();
      on.broker.connack = { sessionPresent: true };
      server.close();
      await on.tick(1_000);
      const again = on.broker.current.take('publish');
      expect(again.map(({ dup, packetId }) => [dup, packetId])).to.deep.equal([[true, first!.packetId]]);
      expect([sent.completed, sent.values.length]).to.deep.equal([true, 1]);
      expect(on.broker.connections.length).to.equal(2);
    });

    it(`should be one exchange also when it is retried later, twice, or while another waits, at QoS ${qos}`, async () => {
      never('publish', 'pubrel');
      on.broker.connack = {};
      const { client } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
      const sent = watch(client.publish('a', 'x', { qos }).pipe(retry({ count: 3, delay: 500 })));
      for (let i = 0; i < 3; i++) {
        await on.tick(500);
        on.broker.connack = { sessionPresent: true };
        if (i === 2) on.broker.silentOn.clear();
        on.broker.current.close();
      }
      await on.tick(500);
      await on.settle();
      const ids = on.broker.connections.flatMap(({ received }) =>
        received.flatMap((one) => (one.type === 'publish' ? [one.packetId] : [])),
      );
      expect([new Set(ids).size, sent.completed, sent.values.length]).to.deep.equal([1, true, 1]);
      // The exchange is over: the next subscription is a new one.
      const another = watch(client.publish('a', 'y', { qos }));
      await on.settle();
      expect(another.completed).to.equal(true);
    });
  }

  for (const qos of [1, 2] as const) {
    it(`should not be published again by a retry that comes after the exchange has ended, at QoS ${qos}`, async () => {
      never('publish');
      const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
      const publish$ = client.publish('a', 'x', { qos });
      const sent = watch(publish$.pipe(retry({ count: 1, delay: 5_000 })));
      await on.settle();
      on.broker.silentOn.clear();
      on.broker.connack = { sessionPresent: true };
      server.close();
      await on.settle();
      watch(client.connection$); // the next connection finishes the exchange
      await on.tick(1_000);
      expect([publishes(), sent.ends]).to.deep.equal([[['x'], ['x']], 0]);
      await on.tick(5_000);
      expect([publishes(), sent.completed]).to.deep.equal([[['x'], ['x']], true]);
      expect(sent.values).to.deep.equal([{ topic: 'a', qos, packetId: 1 }]);
      const another = watch(publish$); // the retry was told: this is a new PUBLISH
      await on.settle();
      expect([publishes()[1], another.completed]).to.deep.equal([['x', 'x'], true]);
    });

    it(`should be as many exchanges as subscriptions when two of one publish are retried, at QoS ${qos}`, async () => {
      never('publish');
      const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
      const publish$ = client.publish('a', 'x', { qos });
      const both = [1, 2].map(() => watch(publish$.pipe(retry(1))));
      await on.settle();
      on.broker.silentOn.clear();
      on.broker.connack = { sessionPresent: true };
      server.close();
      await on.tick(1_000);
      expect(publishes()).to.deep.equal([
        ['x', 'x'],
        ['x', 'x'],
      ]);
      expect(both.map(({ completed, values }) => [completed, values.length])).to.deep.equal([
        [true, 1],
        [true, 1],
      ]);
    });

    it(`should leave a publish cold whose caller has left: the next subscription is a new PUBLISH, at QoS ${qos}`, async () => {
      never('publish');
      const { client, server } = await on.online({ cleanSession: false });
      const publish$ = client.publish('a', 'x', { qos });
      const first = watch(publish$);
      await on.settle();
      first.unsubscribe();
      watch(publish$);
      await on.settle();
      expect(server.take('publish').map(({ packetId }) => packetId)).to.deep.equal([1, 2]);
    });

    it(`should not be sent again when the broker has lost the session, at QoS ${qos}`, async () => {
      never('publish');
      const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
      const publish$ = client.publish('a', 'x', { qos });
      const told = watch(publish$);
      await on.settle();
      server.close();
      await on.settle();
      expect(told.error).to.be.instanceOf(PublishUnfinishedError);
      on.broker.silentOn.clear();
      const events = watch(client.events$);
      watch(client.connection$); // without a session
      await on.tick(1_000);
      expect(publishes()).to.deep.equal([['x'], []]);
      const dropped = events.values.filter(({ type }) => type === 'message-dropped');
      expect(dropped).to.deep.equal([{ type: 'message-dropped', topic: 'a', reason: 'session-lost' }]);
      const again = watch(publish$);
      await on.settle();
      if (qos === 1) expect([again.completed, publishes()[1]]).to.deep.equal([true, ['x']]);
      else expect([(again.error as Error).name, publishes()[1]]).to.deep.equal(['SessionLostError', []]);
    });
  }

  it('should be one exchange at QoS 2 when the broker had the message already: only PUBREL is repeated', async () => {
    never('pubrel');
    const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
    const sent = watch(client.publish('a', 'x', { qos: 2 }).pipe(retry(1)));
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.connack = { sessionPresent: true };
    server.close();
    await on.tick(1_000);
    expect([sent.completed, publishes()]).to.deep.equal([true, [['x'], []]]);
  });

  it('should be one exchange with a store too, and be gone from it then', async () => {
    for (const qos of [1, 2] as const) {
      on.broker.connack = {};
      never('publish');
      const disk = new GatedStore();
      const options = { cleanSession: false, store: disk.store, retryWhen: retryWhen() };
      const { client, server } = await on.online(options);
      const sent = watch(client.publish('a', 'x', { qos }).pipe(retry(1)));
      await on.settle();
      on.broker.silentOn.clear();
      on.broker.connack = { sessionPresent: true };
      server.close();
      await on.tick(1_000);
      expect(on.broker.current.take('publish').length).to.equal(1);
      expect([sent.completed, disk.kinds()]).to.deep.equal([true, 'f']);
      watch(client.end());
      await on.settle();
    }
  });

  it('should be forgotten by a store with a clean session', async () => {
    never('publish');
    const disk = new GatedStore();
    const { client, server } = await on.online({ store: disk.store, retryWhen: retryWhen() });
    watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    expect(disk.kinds()).to.equal('fm');
    server.close();
    await on.settle();
    on.broker.silentOn.clear();
    watch(client.connection$);
    await on.tick(1_000);
    expect([disk.kinds(), publishes()]).to.deep.equal(['f', [['x'], []]]);
  });

  it('should not be doubled by a caller who leaves while a retry waits for the exchange', async () => {
    never('publish');
    const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
    const sent = watch(client.publish('a', 'x', { qos: 1 }).pipe(retry(1)));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    server.close();
    await on.settle();
    sent.unsubscribe();
    on.broker.silentOn.clear();
    await on.tick(2_000);
    watch(client.connection$);
    await on.tick(1_000);
    expect(sent.ends).to.equal(0);
    expect(publishes().every((sent) => sent.length <= 1)).to.equal(true);
    const again = watch(client.publish('b', 'y', { qos: 1 }));
    await on.settle();
    expect(again.completed).to.equal(true);
  });

  it('should leave a publish that succeeded cold: the second subscription is a new PUBLISH', async () => {
    for (const cleanSession of [true, false]) {
      const { client, server } = await on.online({ cleanSession });
      for (const qos of [0, 1, 2] as const) {
        const publish$ = client.publish('a', 'x', { qos });
        const first = watch(publish$);
        const meanwhile = watch(publish$);
        await on.settle();
        const second = watch(publish$);
        await on.settle();
        expect([first, meanwhile, second].map(({ completed }) => completed)).to.deep.equal([true, true, true]);
        expect(server.take('publish').length).to.equal(3);
      }
      watch(client.end());
      await on.settle();
    }
  });

  it('should leave no filter behind: nothing is subscribed for those who were told', async () => {
    const { client, server } = await on.online({ retryWhen: retryWhen() });
    never('subscribe');
    const granted = watch(client.topic$('granted'));
    const heard = Array.from({ length: 100 }, (_, i) => watch(client.topic$(`t/${i}`)));
    const durable = watch(client.subscribe('durable'));
    await on.settle();
    server.close();
    await on.settle();
    expect([granted, durable, ...heard].every(({ ends }) => ends === 1)).to.equal(true);
    expect([...watch(client.subscriptions$).values[0]!.keys()]).to.deep.equal([]);
    on.broker.silentOn.clear();
    watch(client.connection$);
    await on.settle();
    expect(on.broker.current.received.map(({ type }) => type)).to.deep.equal(['connect']);
  });

  it('should have the broker told to let go of filters of a persistent session, and keep durable ones', async () => {
    const { client, server } = await on.online({ cleanSession: false, retryWhen: retryWhen() });
    watch(client.subscribe('durable'));
    watch(client.topic$('heard'));
    await on.settle();
    server.close();
    await on.settle();
    expect([...watch(client.subscriptions$).values[0]!.keys()]).to.deep.equal(['durable']);
    on.broker.connack = { sessionPresent: true };
    watch(client.connection$);
    await on.settle();
    expect(on.broker.current.take().slice(1)).to.deep.equal([{ type: 'unsubscribe', packetId: 2, filters: ['heard'] }]);
    expect([...watch(client.subscriptions$).values[0]!.keys()]).to.deep.equal(['durable']);
  });

  // Clean Start and the end of the session are one flag in 3.1.1, and two things in MQTT 5.
  const [again, kept] = on.version === 5 ? ['be finished', 'kept [MQTT5-3.1.2-23]'] : ['not be sent again', 'not kept'];
  it(`should ${again} when the first connection of cleanSession: 'first' is lost, whose session is ${kept}`, async () => {
    never('publish');
    const { client, server } = await on.online({ cleanSession: 'first', retryWhen: retryWhen() });
    const all = ([1, 2] as const).map((qos) => watch(client.publish('a', String(qos), { qos })));
    await on.settle();
    server.close();
    await on.settle();
    const error = on.version === 5 ? 'PublishUnfinishedError' : 'ConnectionLostError';
    expect(all.map((one) => (one.error as Error).name)).to.deep.equal([error, error]);
    on.broker.silentOn.clear();
    on.broker.connack = { sessionPresent: on.version === 5 };
    watch(client.connection$);
    await on.settle();
    expect(publishes()[1]).to.deep.equal(on.version === 5 ? ['1', '2'] : []);
    const asked = on.broker.connections.map(({ received: [connect] }) => connect?.type === 'connect' && connect);
    expect(
      asked.map((connect) => connect && [connect.cleanStart, connect.properties?.sessionExpiryInterval]),
    ).to.deep.equal(
      on.version === 5
        ? [
            [true, 0xffff_ffff],
            [false, 0xffff_ffff],
          ]
        : [
            [true, undefined],
            [false, undefined],
          ],
    );
  });

  for (const cleanSession of [true, false, 'first'] as const) {
    it(`should not be what an earlier process left in a store: that is sent, with cleanSession: ${cleanSession}`, async () => {
      never('publish');
      const disk = new GatedStore();
      const { client: earlier } = await on.online({ cleanSession, store: disk.store, maxInflight: 1 });
      for (const text of ['in flight', 'queued']) watch(earlier.publish('a', text, { qos: 1 }));
      await on.settle();
      const left = disk.survivor();
      watch(earlier.end({ force: true }));
      await on.settle();
      on.broker.silentOn.clear();
      on.broker.connack = { reasonCode: 4 };
      const client = on.client({ cleanSession, store: left.store, clientId: 'next' });
      const refused = watch(client.connection$);
      await on.settle();
      expect(refused.error).to.include({ code: 'CONNECTION_REFUSED' });
      on.broker.connack = {};
      watch(client.connection$);
      await on.settle();
      expect([publishes().at(-1), left.kinds()]).to.deep.equal([['in flight', 'queued'], 'f']);
    });
  }
});
