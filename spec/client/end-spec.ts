import { expect } from 'chai';
import { tap } from 'rxjs';
import { ClientEndedError } from '../../lib/index.js';
import { texts } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

kitSpecs('end', (on) => {
  it('should be cold', async () => {
    const { client } = await on.online();
    client.end();
    await on.settle();
    expect(on.broker.clients).to.have.length(1);
  });

  it('should let what is queued and in flight finish first', async () => {
    const { client } = await on.online({ maxInflight: 1 });
    on.broker.hold('puback');
    const publishes = ['1', '2'].map((n) => watch(client.publish('a', n, { qos: 1 })));
    await on.settle();
    const end = watch(client.end());
    await on.tick(1_000);
    expect([end.completed, on.broker.clients.length]).to.deep.equal([false, 1]);
    on.broker.release();
    await on.settle();
    expect(on.broker.published().map((one) => one.text())).to.deep.equal(['1', '2']);
    expect(publishes.map(({ completed }) => completed)).to.deep.equal([true, true]);
    expect([end.completed, on.broker.clients, on.clock.countTimers()]).to.deep.equal([true, [], 0]);
  });

  it('should settle with a ClientEndedError what is unfinished after the timeout', async () => {
    const { client } = await on.online();
    on.broker.hold('puback', 'pubrec', 'pingresp', 'suback');
    const waiting = [
      watch<unknown>(client.publish('a', '1', { qos: 1 })),
      watch<unknown>(client.publish('a', '2', { qos: 2 })),
      watch<unknown>(client.subscribe('d')),
      watch<unknown>(client.ping()),
    ];
    const heard = watch(client.topic$('a'));
    await on.settle();
    const end = watch(client.end({ timeout: 3_000 }));
    await on.tick(2_999);
    expect([end.completed, heard.completed]).to.deep.equal([false, false]);
    await on.tick(1);
    for (const { error, ends } of waiting.slice(0, 3)) {
      expect(error).to.be.instanceOf(ClientEndedError);
      expect(ends).to.equal(1);
    }
    expect(waiting[3]!.ends).to.equal(1);
    expect([end.completed, heard.completed, on.broker.clients]).to.deep.equal([true, true, []]);
  });

  it('should wait for nothing when forced', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    const publish = watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    const end = watch(client.end({ force: true }));
    expect(end.completed).to.equal(true);
    if (on.synchronous) expect(on.broker.clients).to.deep.equal([]);
    expect(publish.error).to.be.instanceOf(ClientEndedError);
  });

  it('should take no new work, but let messages come while it drains', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    const heard = watch(client.topic$('a'));
    watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    watch(client.end());
    for (const late of [client.publish('a', '2'), client.topic$('b'), client.subscribe('b'), client.ping()]) {
      expect(watch<unknown>(late).error).to.be.instanceOf(ClientEndedError);
    }
    expect(on.broker.subscriptions.map(({ filter }) => filter)).to.deep.equal(['a']);
    expect(watch(client.connection$).completed).to.equal(true);
    on.broker.publish('a', 'x');
    await on.settle();
    expect([texts(heard.values), on.broker.published().length]).to.deep.equal([['1', 'x'], 1]);
  });

  it('should work on a client that never did anything, twice as well', async () => {
    const client = on.client();
    const ends = [watch(client.end()), watch(client.end()), watch(client.end({ force: true }))];
    await on.settle();
    expect(ends.map(({ completed }) => completed)).to.deep.equal([true, true, true]);
    expect(on.dials).to.equal(0);
  });

  it('should work while connecting, with nothing to wait for', async () => {
    on.broker.hang();
    const client = on.client();
    const held = watch(client.connection$);
    await on.settle();
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, held.completed, on.clock.countTimers()]).to.deep.equal([true, true, 0]);
  });

  it('should work for one who hears that it connects, and leave no timer', async () => {
    for (const force of [true, false]) {
      const client = on.client();
      client.state$.subscribe(({ status }) => {
        if (status === 'connecting') watch(client.end({ force }));
      });
      const held = watch(client.connection$);
      await on.settle();
      expect([held.completed, on.dials, on.clock.countTimers()]).to.deep.equal([true, 0, 0]);
    }
  });

  it('should work offline: wait for what is queued, and give up after the timeout', async () => {
    on.broker.unreachable();
    const client = on.client();
    const publish = watch(client.publish('a', '1'));
    await on.settle();
    const end = watch(client.end());
    await on.tick(4_999);
    expect([end.completed, publish.ends]).to.deep.equal([false, 0]);
    await on.tick(1);
    expect([end.completed, publish.ends, on.clock.countTimers()]).to.deep.equal([true, 1, 0]);
  });

  it('should work offline: send what is queued if the connection comes back in time', async () => {
    const outage = on.broker.unreachable();
    const client = on.client();
    const publish = watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    outage.unsubscribe();
    const end = watch(client.end());
    await on.tick(1_000);
    expect([end.completed, publish.completed]).to.deep.equal([true, true]);
  });

  it('should work during the linger', async () => {
    const { client, held } = await on.online();
    held.unsubscribe();
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, on.broker.clients, on.clock.countTimers()]).to.deep.equal([true, [], 0]);
  });

  it('should work after a fatal error', async () => {
    on.broker.refuseConnect(0x87);
    const client = on.client();
    watch(client.connection$);
    await on.settle();
    const end = watch(client.end());
    await on.settle();
    expect(end.completed).to.equal(true);
  });

  it('should end when the connection is refused for good while it drains', async () => {
    const outage = on.broker.unreachable();
    const client = on.client();
    const publish = watch(client.publish('a', '1'));
    await on.settle();
    const end = watch(client.end());
    outage.unsubscribe();
    on.broker.refuseConnect(0x87);
    await on.tick(1_000);
    expect([end.completed, publish.ends]).to.deep.equal([true, 1]);
  });

  it('should hurry when it is forced while it drains', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    const end = watch(client.end());
    await on.settle();
    const forced = watch(client.end({ force: true }));
    await on.settle();
    expect([end.completed, forced.completed]).to.deep.equal([true, true]);
  });

  it('should go on when nobody waits for it any more', async () => {
    const { client } = await on.online();
    watch(client.end()).unsubscribe();
    await on.settle();
    expect(on.broker.clients).to.deep.equal([]);
  });

  it('should wait for ever with an infinite timeout, and refuse one that is none', async () => {
    const { client } = await on.online();
    expect(watch(client.end({ timeout: NaN })).error).to.include({ code: 'INVALID_ARGUMENT', field: 'timeout' });
    expect(watch(client.end({ timeout: -1 })).error).to.include({ code: 'INVALID_ARGUMENT' });
    on.broker.hold('puback');
    watch(client.publish('a', '1', { qos: 1 }));
    const end = watch(client.end({ timeout: Infinity }));
    await on.tick(86_400_000);
    expect([end.completed, on.broker.clients.length]).to.deep.equal([false, 1]);
  });

  it('should work inside any callback', async () => {
    const acts = ['connection$', 'message', 'receipt', 'completion', 'state$', 'events$'] as const;
    for (const act of acts) {
      const client = on.client();
      const done: boolean[] = [];
      const end = () => void client.end({ force: true }).subscribe({ complete: () => done.push(true) });
      if (act === 'state$') client.state$.subscribe(({ status }) => status === 'online' && end());
      if (act === 'events$') client.events$.subscribe(({ type }) => type === 'connected' && end());
      client.connection$.subscribe(() => act === 'connection$' && end());
      if (act === 'message') client.topic$('a').subscribe(end);
      if (act === 'receipt') client.publish('a', 'x', { qos: 1 }).subscribe(end);
      if (act === 'completion') client.publish('a', 'x').subscribe({ complete: end, error: () => undefined });
      await on.settle();
      if (act === 'message') on.broker.publish('a');
      await on.settle();
      expect([act, done.length > 0, on.broker.clients]).to.deep.equal([act, true, []]);
    }
  });

  it('should leave no timer behind when whoever hears of it forces it', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    watch(client.publish('a', 'x', { qos: 1 }));
    client.state$.subscribe(({ status }) => {
      if (status === 'closing') watch(client.end({ force: true }));
    });
    const ended = watch(client.end());
    await on.settle();
    expect([ended.completed, on.clock.countTimers()]).to.deep.equal([true, 0]);
  });

  it('should be final also for one who ends the client when told of the connection that is there', async () => {
    const { client, held } = await on.online();
    const told = watch(client.connection$.pipe(tap(() => watch(client.end({ force: true })))));
    await on.tick(1_000);
    expect([told.completed, held.values.length, on.broker.clients]).to.deep.equal([true, 1, []]);
  });
});

clientSpecs('what the broker sees of the end', (on) => {
  it('should say DISCONNECT once, close, and complete [MQTT-3.14.4-1]', async () => {
    const { client, server } = await on.online();
    const states = watch(client.state$);
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, server.hungUp]).to.deep.equal([true, true]);
    expect(server.received.map(({ type }) => type)).to.deep.equal(['connect', 'disconnect']);
    expect(states.values.map(({ status }) => status)).to.deep.equal(['online', 'closing', 'closed']);
    expect([states.completed, on.clock.countTimers()]).to.deep.equal([true, 0]);
  });

  it('should send what was published in the same turn', async () => {
    const { client, server } = await on.online();
    const publish = watch(client.publish('a', 'last'));
    watch(client.end());
    await on.settle();
    expect(publish.completed).to.equal(true);
    expect(server.received.map(({ type }) => type)).to.deep.equal(['connect', 'publish', 'disconnect']);
  });

  it('should send what was asked for in the same turn even when it is forced', async () => {
    const { client, server } = await on.online();
    const old = watch(client.topic$('old'));
    await on.settle();
    server.take();
    old.unsubscribe();
    watch(client.publish('a', 'last')); // waits for the end of the turn, behind UNSUBSCRIBE
    watch(client.end({ force: true }));
    await on.settle();
    expect(server.take().map(({ type }) => type)).to.deep.equal(['unsubscribe', 'publish', 'disconnect']);
  });

  it('should work before CONNACK, saying DISCONNECT', async () => {
    on.broker.connack = 'silent';
    const client = on.client();
    watch(client.connection$);
    await on.settle();
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, on.sent()]).to.deep.equal([true, ['connect', 'disconnect']]);
  });

  it('should have closed the connection when others hear of the end', async () => {
    const { client, server } = await on.online();
    const open: boolean[] = [];
    client.connection$.subscribe({ complete: () => open.push(server.open) });
    client.topic$('a').subscribe({ complete: () => open.push(server.open) });
    client.end().subscribe({ complete: () => open.push(server.open) });
    await on.settle();
    expect(open).to.deep.equal([false, false, false]);
  });
});
