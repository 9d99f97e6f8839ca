import { expect } from 'chai';
import { type Grant, InvalidTopicError, SubscriptionRefusedError } from '../../lib/index.js';
import { message, texts } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

kitSpecs('subscribe, unsubscribe, messages$ and subscriptions$', (on) => {
  it('should refuse wrong filters with an error notification, and hold nothing', async () => {
    const client = on.client();
    for (const filters of ['a#', ['a', '#/b'], [], [''], 7 as unknown as string]) {
      expect(watch(client.subscribe(filters)).error).to.be.instanceOf(InvalidTopicError);
      expect(watch(client.unsubscribe(filters)).error).to.be.instanceOf(InvalidTopicError);
    }
    expect(watch(client.subscribe('a', { qos: 9 as 0 })).error).to.include({ code: 'INVALID_ARGUMENT' });
    await on.tick(60_000);
    expect(on.dials).to.equal(0);
  });

  it('should wait for a connection', async () => {
    const outage = on.broker.unreachable();
    const client = on.client();
    const granted = watch(client.subscribe('a'));
    const gone = watch(client.unsubscribe('b'));
    await on.settle();
    outage.unsubscribe();
    await on.tick(1_000);
    expect([granted.values.length, granted.completed, gone.completed]).to.deep.equal([1, true, true]);
  });

  it('should show all messages, or those that nobody claimed', async () => {
    const { client } = await on.online();
    const all = watch(client.messages$());
    const unclaimed = watch(client.messages$('unclaimed'));
    watch(client.topic$('a'));
    watch(client.subscribe('#'));
    await on.settle();
    on.broker.publish('a', '1');
    on.broker.publish('b', '2');
    await on.settle();
    expect([texts(all.values), texts(unclaimed.values)]).to.deep.equal([['1', '2'], ['2']]);
    expect(all.values[0]!.params).to.deep.equal({});
  });

  it('should show pending again while the connection is gone and the session with it', async () => {
    const { client } = await on.online();
    watch(client.topic$('a'));
    await on.settle();
    const states = watch(client.subscriptions$);
    on.broker.hold('suback');
    on.broker.drop();
    await on.tick(1_000);
    expect(states.values.at(-1)!.get('a')!.state).to.equal('pending');
  });

  it('should emit nothing when nothing changed', async () => {
    const { client } = await on.online();
    watch(client.topic$('a'));
    await on.settle();
    const states = watch(client.subscriptions$);
    watch(client.publish('b', 'x', { qos: 1 }));
    await on.settle();
    expect(states.values.length).to.equal(1);
  });

  it('should hear of what a subscriber does about the first map', async () => {
    const { client } = await on.online();
    const seen: number[] = [];
    client.subscriptions$.subscribe((map) => {
      if (seen.push(map.size) === 1) watch(client.topic$('a'));
    });
    await on.settle();
    expect(seen.at(-1)).to.equal(1);
  });

  it('should complete on end, and show the last map to those who come later', async () => {
    const { client } = await on.online();
    const states = watch(client.subscriptions$);
    watch(client.end());
    await on.settle();
    expect(states.completed).to.equal(true);
    expect(watch(client.subscriptions$)).to.include({ completed: true });
  });
});

clientSpecs('what the broker sees of subscribe and unsubscribe', (on) => {
  it('should emit what was granted and complete', async () => {
    const { client } = await on.online();
    on.broker.grant = (filter, qos) => (filter === 'low' ? 0 : qos);
    const granted = watch(client.subscribe(['a', 'low'], { qos: 2 }));
    await on.settle();
    const grants: Grant[] = [
      { filter: 'a', requested: 2, granted: 2 },
      { filter: 'low', requested: 2, granted: 0 },
    ];
    expect([granted.values, granted.completed]).to.deep.equal([[grants], true]);
  });

  it('should be cold', async () => {
    const { client, server } = await on.online();
    const subscribe = client.subscribe('a');
    await on.settle();
    expect(server.take()).to.deep.equal([]);
    watch(subscribe);
    await on.settle();
    watch(subscribe);
    await on.settle();
    expect(server.take('subscribe').length).to.equal(2);
  });

  it('should stay subscribed, whoever listens and whatever happens, until unsubscribe', async () => {
    const { client } = await on.online();
    watch(client.subscribe('a'));
    const heard = watch(client.topic$('a'));
    await on.settle();
    heard.unsubscribe();
    await on.settle();
    expect(on.broker.current.take('unsubscribe')).to.deep.equal([]);
    on.broker.current.fail();
    await on.tick(1_000);
    expect(on.broker.current.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([[{ filter: 'a', qos: 0 }]]);
    const gone = watch(client.unsubscribe('a'));
    await on.settle();
    expect([gone.completed, on.broker.current.take('unsubscribe').length]).to.deep.equal([true, 1]);
  });

  it('should leave the claim of listeners alone when a durable subscription is given up', async () => {
    const { client, server } = await on.online();
    watch(client.subscribe('a'));
    const heard = watch(client.topic$('a'));
    await on.settle();
    const gone = watch(client.unsubscribe('a'));
    await on.settle();
    expect([gone.completed, server.take('unsubscribe')]).to.deep.equal([true, []]);
    server.send(message('a', 'x'));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['x']);
  });

  it('should unsubscribe what an earlier process may have subscribed', async () => {
    const { client, server } = await on.online();
    const gone = watch(client.unsubscribe(['old', 'older']));
    await on.settle();
    expect(server.take('unsubscribe').map(({ filters }) => filters)).to.deep.equal([['old', 'older']]);
    expect(gone.completed).to.equal(true);
  });

  it('should error with the refused one of several filters and keep the others', async () => {
    const { client } = await on.online();
    on.broker.grant = (filter, qos) => (filter === 'no' ? 0x80 : qos);
    const some = watch(client.subscribe(['a', 'no', 'b'], { qos: 1 }));
    await on.settle();
    expect(some.error).to.be.instanceOf(SubscriptionRefusedError).and.include({ filter: 'no' });
    const states = watch(client.subscriptions$).values[0]!;
    expect([...states.values()].map(({ filter, state }) => [filter, state]).sort()).to.deep.equal([
      ['a', 'granted'],
      ['b', 'granted'],
      ['no', 'refused'],
    ]);
  });

  it('should take the names off wildcards', async () => {
    const { client, server } = await on.online();
    watch(client.subscribe('room/+room'));
    await on.settle();
    expect(server.take('subscribe')[0]!.subscriptions[0]!.filter).to.equal('room/+');
  });

  it('should stop waiting, not subscribing, when it is unsubscribed early', async () => {
    const { client, server } = await on.online();
    watch(client.subscribe('a')).unsubscribe();
    await on.settle();
    expect(server.take('subscribe').length).to.equal(1);
  });

  // ─── messages$ ───

  it('should be hot, and complete on end', async () => {
    const { client, server } = await on.online();
    server.send(message('a', 'before'));
    await on.settle();
    const all = watch(client.messages$());
    watch(client.end());
    await on.settle();
    expect([all.values, all.completed, watch(client.messages$()).completed]).to.deep.equal([[], true, true]);
  });

  it('should show what a persistent session collected before any filter is asked for', async () => {
    const client = on.client({ cleanSession: false });
    on.broker.connack = { sessionPresent: true };
    const all = watch(client.messages$('unclaimed'));
    watch(client.connection$);
    await on.settle();
    on.broker.current.send(message('a', 'kept', { qos: 1, packetId: 3 }));
    await on.settle();
    expect(texts(all.values)).to.deep.equal(['kept']);
  });

  // ─── subscriptions$ ───

  it('should show each filter from pending to granted to gone, one map a turn', async () => {
    const { client } = await on.online();
    on.broker.auto = false;
    const states = watch(client.subscriptions$);
    const heard = [watch(client.topic$('a', { qos: 1 })), watch(client.topic$('b'))];
    await on.settle();
    const [subscribe] = on.broker.current.take('subscribe');
    on.broker.current.send({ type: 'suback', packetId: subscribe!.packetId, reasonCodes: [1, 0x80] });
    await on.settle();
    heard[0]!.unsubscribe();
    await on.settle();
    const seen = states.values.map((map) => [...map.values()]);
    expect(seen[0]).to.deep.equal([]);
    expect(seen[1]).to.deep.equal([
      { filter: 'a', requested: 1, state: 'pending' },
      { filter: 'b', requested: 0, state: 'pending' },
    ]);
    expect(seen[2]).to.deep.equal([
      { filter: 'a', requested: 1, granted: 1, state: 'granted' },
      { filter: 'b', requested: 0, state: 'refused' },
    ]);
    expect(seen.at(-1)).to.deep.equal([{ filter: 'b', requested: 0, state: 'refused' }]);
  });
});
