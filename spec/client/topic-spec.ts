import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { type Observable, filter, map, retry, take } from 'rxjs';
import {
  ConnectionLostError,
  InvalidTopicError,
  type Message,
  type MqttClient,
  SubscriptionRefusedError,
} from '../../lib/index.js';
import type { QoS } from '../../lib/packet/Packet.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs('topic$', (on) => {
  it('should subscribe for the first listener and unsubscribe after the last', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a', { qos: 1 }));
    await on.settle();
    const second = watch(client.topic$('a', { qos: 1 }));
    await on.settle();
    first.unsubscribe();
    await on.settle();
    expect(server.take('unsubscribe')).to.deep.equal([]);
    second.unsubscribe();
    await on.settle();
    expect(server.take('subscribe')[0]?.subscriptions).to.deep.equal([{ filter: 'a', qos: 1 }]);
    expect(server.take('unsubscribe').map(({ filters }) => filters)).to.deep.equal([['a']]);
  });

  it('should share one subscription between an old reference and a new call', async () => {
    const { client, server } = await on.online();
    const old = client.topic$('x');
    watch(old);
    watch(old);
    watch(client.topic$('x'));
    await on.settle();
    expect(server.take('subscribe').map(({ subscriptions }) => subscriptions.length)).to.deep.equal([1]);
  });

  it('should give every listener each message', async () => {
    const { client, server } = await on.online();
    const listeners = [client.topic$('a/+'), client.topic$('a/b'), client.topic$('#'), client.topic$('a/+')].map((t) =>
      watch<Message<unknown>>(t),
    );
    const other = watch(client.topic$('b'));
    await on.settle();
    server.send(message('a/b', '1'), message('a/b', '2'));
    await on.settle();
    for (const { values } of listeners) expect(texts(values)).to.deep.equal(['1', '2']);
    expect(other.values).to.deep.equal([]);
  });

  it('should miss nothing that races the SUBACK', async () => {
    on.broker.auto = false;
    const client = on.client();
    const heard = watch(client.topic$('a'));
    await on.settle();
    const server = on.broker.current;
    server.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
    await on.settle();
    const [subscribe] = server.take('subscribe');
    server.send(message('a', 'before'), { type: 'suback', packetId: subscribe!.packetId, reasonCodes: [0] });
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['before']);
  });

  it('should hear what a broker sends inside the write of SUBSCRIBE', async () => {
    const { client, server } = await on.online();
    on.broker.grant = (filter, qos) => {
      server.send(message(filter, 'kept', { retain: true }));
      return qos;
    };
    const heard = watch(client.topic$('a'));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['kept']);
  });

  it('should subscribe once at the highest QoS of two listeners of one turn', async () => {
    const { client, server } = await on.online();
    watch(client.topic$('a', { qos: 0 }));
    watch(client.topic$('a', { qos: 2 }));
    watch(client.topic$('a', { qos: 1 }));
    await on.settle();
    expect(server.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([[{ filter: 'a', qos: 2 }]]);
  });

  it('should raise the QoS of a subscription for a listener that wants more', async () => {
    const { client, server } = await on.online();
    watch(client.topic$('a'));
    await on.settle();
    server.take();
    watch(client.topic$('a', { qos: 2 }));
    await on.settle();
    expect(server.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([[{ filter: 'a', qos: 2 }]]);
  });

  it('should ask for the filters of one turn in one SUBSCRIBE, with MQTT 5 apart for those with wildcards', async () => {
    const { client, server } = await on.online();
    for (const filter of ['a', 'c/#', 'b']) watch(client.topic$(filter));
    await on.settle();
    const subscribes = server.take('subscribe');
    expect(subscribes.map(({ subscriptions }) => subscriptions.map(({ filter }) => filter))).to.deep.equal(
      on.version === 4 ? [['a', 'c/#', 'b']] : [['a', 'b'], ['c/#']],
    );
  });

  it('should send nothing for a listener that came and went in one turn', async () => {
    const { client, server } = await on.online();
    watch(client.topic$('a')).unsubscribe();
    await on.settle();
    expect(server.take()).to.deep.equal([]);
  });

  it('should not unsubscribe and subscribe when the last listener is replaced in one turn', async () => {
    const { client, server } = await on.online();
    const old = watch(client.topic$('a'));
    await on.settle();
    server.take();
    old.unsubscribe();
    watch(client.topic$('a'));
    await on.settle();
    expect(server.take('unsubscribe')).to.deep.equal([]);
  });

  // ─── reconnecting ───

  it('should live through reconnects, with one SUBSCRIBE for all filters when the session is gone', async () => {
    const { client } = await on.online();
    const heard = [watch(client.topic$('a')), watch(client.topic$('b', { qos: 1 }))];
    await on.settle();
    on.broker.current.fail();
    await on.tick(1_000);
    expect(on.broker.current.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([
      [
        { filter: 'a', qos: 0 },
        { filter: 'b', qos: 1 },
      ],
    ]);
    on.broker.current.send(message('a', 'again'));
    await on.settle();
    expect(heard.map(({ values, ends }) => [values.length, ends])).to.deep.equal([
      [1, 0],
      [0, 0],
    ]);
  });

  it('should ask only for what the broker does not know when the session is there', async () => {
    const { client } = await on.online({ cleanSession: false });
    watch(client.topic$('old'));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.settle();
    watch(client.topic$('new'));
    await on.tick(1_000);
    expect(on.broker.current.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([
      [{ filter: 'new', qos: 0 }],
    ]);
  });

  it('should unsubscribe when the session resumes what was given up while offline', async () => {
    const { client } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a'));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.settle();
    heard.unsubscribe();
    await on.tick(1_000);
    expect(on.broker.current.take('unsubscribe').map(({ filters }) => filters)).to.deep.equal([['a']]);
    expect(on.broker.current.take('subscribe')).to.deep.equal([]);
  });

  it('should ask again for a SUBSCRIBE that was unanswered when the link dropped', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('subscribe');
    const granted = watch(client.subscribe('d', { qos: 1 }));
    watch(client.topic$('a'));
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.tick(1_000);
    expect(
      on.broker.current
        .take('subscribe')
        .flatMap((s) => s.subscriptions.map(({ filter }) => filter))
        .sort(),
    ).to.deep.equal(['a', 'd']);
    expect(granted.values).to.deep.equal([[{ filter: 'd', requested: 1, granted: 1 }]]);
  });

  // ─── an overdue SUBACK ───

  it('should repeat nothing on a connection that lives, however long SUBACK takes', async () => {
    const { client, server } = await on.online({ subscribeTimeout: 2_000 });
    on.broker.silentOn.add('subscribe');
    const heard = watch(client.topic$('a'));
    const states = watch(client.subscriptions$);
    for (let i = 0; i < 20; i++) {
      await on.tick(1_000);
      server.send(message('other', 'the link is slow, and lives'));
    }
    const [asked, ...again] = server.take('subscribe');
    expect(again).to.deep.equal([]);
    server.send({ type: 'suback', packetId: asked!.packetId, reasonCodes: [0] });
    await on.tick(10_000);
    expect([server.open, heard.ends, states.values.at(-1)!.get('a')!.state]).to.deep.equal([true, 0, 'granted']);
    expect(on.broker.dials).to.equal(1);
  });

  for (const [type, ask] of [
    ['subscribe', (client: MqttClient) => client.topic$('a')],
    ['unsubscribe', (client: MqttClient) => client.unsubscribe('a')],
  ] as const) {
    it(`should connect anew and ask again when ${type.toUpperCase()} is unanswered and nothing else comes`, async () => {
      const { client, server } = await on.online({ subscribeTimeout: 2_000 });
      on.broker.silentOn.add(type);
      const asked = watch<unknown>(ask(client));
      const lost = watch(client.events$.pipe(filter((event) => event.type === 'disconnected')));
      await on.tick(1_999);
      expect(server.open).to.equal(true);
      await on.tick(1);
      expect([server.open, server.take(type).length]).to.deep.equal([false, 1]);
      expect(lost.values[0]!.cause).to.be.instanceOf(ConnectionLostError);
      on.broker.silentOn.clear();
      await on.tick(1_000);
      // Without a session there is nothing to unsubscribe from on the next connection.
      expect([on.broker.current.take(type).length, asked.error]).to.deep.equal([
        type === 'subscribe' ? 1 : 0,
        undefined,
      ]);
      if (type === 'unsubscribe') expect(asked.completed).to.equal(true);
    });
  }

  // ─── refused ───

  it('should error only the streams of a filter that the broker refuses', async () => {
    const { client, held } = await on.online();
    on.broker.grant = (filter, qos) => (filter === 'no' ? 0x80 : qos);
    const no = [watch(client.topic$('no')), watch(client.topic$('no'))];
    const yes = watch(client.topic$('yes'));
    await on.settle();
    for (const { error, ends } of no) {
      expect(error).to.be.instanceOf(SubscriptionRefusedError).and.include({ filter: 'no' });
      expect(ends).to.equal(1);
    }
    expect([yes.ends, held.ends]).to.deep.equal([0, 0]);
  });

  it('should let a stream that was refused ask again at once', async () => {
    const { client, server } = await on.online();
    let asked = 0;
    on.broker.grant = (_, qos) => (++asked < 3 ? 0x80 : qos);
    const heard = watch(client.topic$('a').pipe(retry()));
    await on.settle();
    server.send(message('a', 'x'));
    await on.settle();
    expect([asked, texts(heard.values), heard.ends]).to.deep.equal([3, ['x'], 0]);
  });

  it('should accept a lower QoS and show it', async () => {
    const { client } = await on.online();
    on.broker.grant = () => 0;
    const heard = watch(client.topic$('a', { qos: 2 }));
    await on.settle();
    expect(heard.ends).to.equal(0);
    expect(watch(client.subscriptions$).values[0]!.get('a')).to.deep.equal({
      filter: 'a',
      requested: 2,
      granted: 0,
      state: 'granted',
    });
  });

  // ─── filters ───

  const invalid = ['', '#/a', 'a#', 'a/b+', 'a\0b', '\ud800', 'x'.repeat(65_536), '$share/g', '+1'];
  it('should refuse invalid filters with an error notification, and hold nothing', async () => {
    const client = on.client();
    for (const filter of [...invalid, 7 as unknown as string, undefined as unknown as string]) {
      let subscribed: ReturnType<typeof watch> | undefined;
      expect(() => (subscribed = watch<unknown>(client.topic$(filter)))).not.to.throw();
      expect(subscribed!.error).to.be.instanceOf(InvalidTopicError);
    }
    expect(watch(client.topic$('a', { qos: 3 as QoS })).error).to.include({ code: 'INVALID_ARGUMENT', field: 'qos' });
    await on.tick(60_000);
    expect(on.broker.dials).to.equal(0);
  });

  it('should route a shared subscription by its inner filter', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('$share/g/room/+name'));
    await on.settle();
    expect(server.take('subscribe')[0]!.subscriptions[0]!.filter).to.equal('$share/g/room/+');
    server.send(message('room/1', 'x'));
    await on.settle();
    expect(heard.values.map(({ params }) => params.name)).to.deep.equal(['1']);
  });

  it('should refuse one shared subscription of a filter, and leave the others to their listeners', async () => {
    const { client, server } = await on.online();
    on.broker.grant = (filter, qos) => (filter === '$share/no/x' ? 0x80 : qos);
    const refused = watch(client.topic$('$share/no/x'));
    const heard = ['$share/g/x', 'x'].map((filter) => watch(client.topic$(filter)));
    await on.settle();
    expect(refused.error).to.be.instanceOf(SubscriptionRefusedError).with.property('filter', '$share/no/x');
    server.send(message('x', '1'));
    await on.settle();
    expect(heard.map(({ values }) => texts(values))).to.deep.equal([['1'], ['1']]);
  });

  it('should not match $-topics with a wildcard in front, and take an empty level as a level [MQTT-4.7.2-1]', async () => {
    const { client, server } = await on.online();
    const heard = ['#', '+/up', '$SYS/#', 'a//b', 'a/+/b'].map((filter) => watch(client.topic$(filter)));
    await on.settle();
    server.send(message('$SYS/up'), message('a//b'));
    await on.settle();
    expect(heard.map(({ values }) => values.map(({ topic }) => topic))).to.deep.equal([
      ['a//b'],
      [],
      ['$SYS/up'],
      ['a//b'],
      ['a//b'],
    ]);
  });

  it('should say what named wildcards stand for, each listener in its own words', async () => {
    const { client, server } = await on.online();
    const one = watch(client.topic$('room/+room/#rest').pipe(map(({ params }) => params)));
    const two = watch(client.topic$('room/+id/#').pipe(map(({ params }) => params)));
    await on.settle();
    server.send(message('room/7/temp/now'));
    await on.settle();
    expect(server.take('subscribe')[0]!.subscriptions).to.deep.equal([{ filter: 'room/+/#', qos: 0 }]);
    expect([one.values, two.values]).to.deep.equal([[{ room: '7', rest: 'temp/now' }], [{ id: '7' }]]);
  });

  it('should read the type of params off the filter', () => {
    const client = on.client();
    expectTypeOf(client.topic$('room/+room/#rest')).toEqualTypeOf<
      Observable<Message<{ readonly room: string; readonly rest: string }>>
    >();
    expectTypeOf(client.topic$('$share/g/+a')).toEqualTypeOf<Observable<Message<{ readonly a: string }>>>();
    // @ts-expect-error there is no such wildcard
    client.topic$('room/+').pipe(map((m) => m.params.room as unknown));
  });

  it('should give messages all that was promised', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('#', { qos: 1 }));
    await on.settle();
    server.send(message('a//b', '{"x":"ü"}', { qos: 1, packetId: 9, dup: true, retain: true }));
    await on.settle();
    const [m] = heard.values;
    expect(m!.levels).to.deep.equal(['a', '', 'b']);
    expect(m!.payload).to.be.instanceOf(Uint8Array);
    expect([m!.topic, m!.qos, m!.retain, m!.dup, m!.text(), m!.json()]).to.deep.equal([
      'a//b',
      1,
      true,
      true,
      '{"x":"ü"}',
      { x: 'ü' },
    ]);
    expect(server.take('puback')).to.deep.equal([{ type: 'puback', packetId: 9 }]);
  });

  it('should let a message that is not JSON error only the stream that reads it', async () => {
    const { client, server } = await on.online();
    const reader = watch(client.topic$('a').pipe(map((m) => m.json())));
    const other = watch(client.topic$('a'));
    await on.settle();
    server.send(message('a', '{'));
    await on.settle();
    expect(reader.error).to.be.instanceOf(SyntaxError);
    expect(other.values.length).to.equal(1);
  });

  it('should keep an exception of one subscriber from the others and from the client', async () => {
    const { client, server } = await on.online();
    client.topic$('a', { qos: 1 }).subscribe(() => {
      throw new Error('mine');
    });
    const other = watch(client.topic$('a'));
    await on.settle();
    server.send(message('a', '1', { qos: 1, packetId: 1 }), message('a', '2', { qos: 1, packetId: 2 }));
    await on.tick(0);
    expect(texts(other.values)).to.deep.equal(['1', '2']);
    expect(server.take('puback').length).to.equal(2);
    expect(on.unhandled().map((error) => (error as Error).message)).to.deep.equal(['mine', 'mine']);
  });

  // ─── retained messages ───

  it('should ask again for a listener that joins, and give the retained messages only to it', async () => {
    const { client, server } = await on.online();
    on.broker.grant = (_, qos) => {
      server.send(message('a/1', 'kept', { retain: true }));
      return qos;
    };
    const first = watch(client.topic$('a/+'));
    await on.settle();
    const second = watch(client.topic$('a/+'));
    await on.settle();
    const third = watch(client.topic$('a/1'));
    await on.settle();
    expect(server.take('subscribe').length).to.equal(3);
    expect([first, second, third].map(({ values }) => texts(values))).to.deep.equal([['kept'], ['kept'], ['kept']]);
    server.send(message('a/1', 'live'));
    await on.settle();
    expect([first, second, third].map(({ values }) => values.length)).to.deep.equal([2, 2, 2]);
  });

  it('should not give a retained message to one who had it live before the other joined', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a'));
    await on.settle();
    server.send(message('a', 'live'));
    await on.settle();
    on.broker.grant = (_, qos) => {
      server.send(message('a', 'live', { retain: true }));
      return qos;
    };
    const second = watch(client.topic$('a'));
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([1, 1]);
  });

  it('should give both listeners the retained message when the second joins before the first has had it', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a'));
    await on.settle();
    const second = watch(client.topic$('a'));
    await on.settle();
    server.send(message('a', 'kept', { retain: true }), message('a', 'kept', { retain: true }));
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([1, 1]);
  });

  it('should give a retained message once to listeners of one turn', async () => {
    const { client, server } = await on.online();
    const listeners = [watch(client.topic$('a')), watch(client.topic$('+'))];
    await on.settle();
    for (let i = 0; i < 2; i++) server.send(message('a', 'kept', { retain: true })); // once for each filter
    await on.settle();
    expect(listeners.map(({ values }) => values.length)).to.deep.equal([1, 1]);
  });

  it('should give retained messages anew after the broker lost the session', async () => {
    const { client } = await on.online();
    const heard = watch(client.topic$('a'));
    for (let i = 0; i < 2; i++) {
      await on.tick(3_000);
      on.broker.current.send(message('a', 'kept', { retain: true }));
      await on.settle();
      on.broker.current.fail();
    }
    expect(heard.values.length).to.equal(2);
  });

  it('should not give retained messages to those who were there when the joiner has left before they came', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('t/+'));
    await on.settle();
    server.send(message('t/1', 'live'), message('t/2', 'live'));
    await on.settle();
    const second = watch(client.topic$('t/+').pipe(take(1)));
    await on.settle();
    for (const topic of ['t/1', 't/2']) server.send(message(topic, 'live', { retain: true }));
    await on.settle();
    expect(second.values.map(({ topic }) => topic)).to.deep.equal(['t/1']);
    expect(first.values.map(({ retain }) => retain)).to.deep.equal([false, false]);
  });

  it('should not give retained messages to listeners when a durable subscription asks for them', async () => {
    const { client, server } = await on.online();
    const listener = watch(client.topic$('a'));
    await on.tick(5_000);
    client.subscribe('a').subscribe();
    await on.settle();
    server.send(message('a', 'kept', { retain: true }));
    await on.settle();
    expect(listener.values).to.deep.equal([]);
  });

  it('should give a retained message that changed while the answer to SUBSCRIBE was lost', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client, server } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('subscribe');
    const listener = watch(client.topic$('a'));
    await on.settle();
    server.send(message('a', 'v1', { retain: true }));
    await on.settle();
    server.close();
    on.broker.silentOn.clear();
    await on.tick(1_000);
    on.broker.current.send(message('a', 'v2', { retain: true }));
    await on.settle();
    expect(texts(listener.values)).to.deep.equal(['v1', 'v2']);
  });

  it('should lose nothing to a broker that marks live messages as retained, against [MQTT-3.3.1-9]', async () => {
    const { client, server } = await on.online();
    const listener = watch(client.topic$('a'));
    await on.tick(5_000);
    for (const text of ['v1', 'v1', 'v2']) server.send(message('a', text, { retain: true }));
    await on.settle();
    expect(texts(listener.values)).to.deep.equal(['v1', 'v1', 'v2']);
  });

  it('should not ask for the retained messages of a shared subscription, for there are none', async () => {
    const { client, server } = await on.online();
    watch(client.topic$('$share/g/a'));
    await on.settle();
    watch(client.topic$('$share/g/a'));
    await on.settle();
    expect(server.take('subscribe').length).to.equal(1);
  });

  it('should complete on end without UNSUBSCRIBE', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('a'));
    await on.settle();
    watch(client.end());
    await on.settle();
    expect([heard.completed, heard.error]).to.deep.equal([true, undefined]);
    expect(server.received.map(({ type }) => type)).to.deep.equal(['connect', 'subscribe', 'disconnect']);
  });

  it('should leave a filter in the middle of a message when the listener has had enough', async () => {
    const { client, server } = await on.online();
    const one = watch(client.topic$('a').pipe(take(1)));
    await on.settle();
    server.send(message('a', '1'), message('a', '2'));
    await on.settle();
    expect([texts(one.values), server.take('unsubscribe').length]).to.deep.equal([['1'], 1]);
  });
});
