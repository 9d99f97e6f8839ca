import { expect } from 'chai';
import { type Observable, concat, take } from 'rxjs';
import type { MqttClient } from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

kitSpecs('the connection as a shared, counted resource', (on) => {
  it('should open nothing when a client is made', async () => {
    on.client();
    await on.tick(60_000);
    expect(on.dials).to.equal(0);
  });

  it('should open nothing for those who only look', async () => {
    const client = on.client();
    const looks = [client.state$, client.events$, client.subscriptions$, client.messages$(), client.metrics$()];
    const watched = looks.map((look) => watch<unknown>(look));
    await on.tick(60_000);
    expect(on.dials).to.equal(0);
    for (const look of watched) look.unsubscribe();
  });

  it('should open nothing by being asked for an Observable that nobody subscribes to', async () => {
    const client = on.client();
    client.topic$('a');
    client.publish('a', 'b');
    client.subscribe('a');
    client.unsubscribe('a');
    client.ping();
    client.end();
    await on.settle();
    expect(on.dials).to.equal(0);
  });

  const openers: Readonly<Record<string, (client: MqttClient) => Observable<unknown>>> = {
    connection$: (client) => client.connection$,
    topic$: (client) => client.topic$('a'),
    publish: (client) => client.publish('a'),
    ping: (client) => client.ping(),
    subscribe: (client) => client.subscribe('a'),
    unsubscribe: (client) => client.unsubscribe('a'),
  };
  for (const [opener, open] of Object.entries(openers)) {
    it(`should open the connection for the first subscriber of ${opener}`, async () => {
      const client = on.client();
      watch(open(client));
      await on.settle();
      expect(on.dials).to.equal(1);
      expect(on.broker.clients).to.have.length(1);
    });
  }

  it('should share one connection between all of them', async () => {
    const client = on.client();
    watch(client.connection$);
    watch(client.topic$('a'));
    watch(client.publish('a', 'b', { qos: 1 }));
    watch(client.ping());
    watch(client.connection$);
    await on.settle();
    expect(on.dials).to.equal(1);
    expect(on.broker.clients).to.have.length(1);
  });

  it('should linger as long as it was told, and 0 is no linger', async () => {
    const long = await on.online({ linger: 5_000 });
    long.held.unsubscribe();
    await on.tick(4_999);
    expect(on.broker.clients).to.have.length(1);
    await on.tick(1);
    expect(on.broker.clients).to.deep.equal([]);

    const none = await on.online({ linger: 0 });
    none.held.unsubscribe();
    await on.tick(0);
    expect(on.broker.clients).to.deep.equal([]);
  });

  it('should count the linger from when the last one has gone', async () => {
    const { client, held } = await on.online();
    const other = watch(client.topic$('a'));
    held.unsubscribe();
    await on.tick(900);
    other.unsubscribe();
    await on.tick(900);
    expect(on.broker.clients).to.have.length(1);
    await on.tick(100);
    expect(on.broker.clients).to.deep.equal([]);
  });

  it('should count the linger anew after each who came and went meanwhile', async () => {
    const { client, held } = await on.online();
    held.unsubscribe();
    for (let i = 0; i < 5; i++) {
      await on.tick(900);
      watch(client.publish('a', 'x'));
      await on.settle();
    }
    await on.tick(999);
    expect(on.broker.clients).to.have.length(1);
    await on.tick(1);
    expect([on.broker.clients, on.dials]).to.deep.equal([[], 1]);
  });

  it('should keep the connection for a subscriber that arrives during the linger', async () => {
    const { client, held } = await on.online();
    held.unsubscribe();
    await on.tick(999);
    const again = watch(client.connection$);
    expect(again.values.length).to.equal(1);
    await on.tick(60_000);
    expect([on.broker.clients.length, on.dials]).to.deep.equal([1, 1]);
    again.unsubscribe();
    await on.tick(999);
    expect(on.broker.clients).to.have.length(1);
    await on.tick(1);
    expect(on.broker.clients).to.deep.equal([]);
  });

  it('should not reconnect between publishes made one after the other', async () => {
    const client = on.client();
    const result = watch(concat(...[1, 2, 3].map((n) => client.publish('a', String(n), { qos: 1 }))));
    await on.settle();
    expect([result.completed, result.values.length, on.dials]).to.deep.equal([true, 3, 1]);
  });

  it('should connect afresh for a subscriber that comes after the connection was closed', async () => {
    const { client, held } = await on.online();
    held.unsubscribe();
    await on.tick(1_000);
    const again = watch(client.connection$);
    await on.settle();
    expect([again.values.length, on.dials]).to.deep.equal([1, 2]);
  });

  it('should give up a dial when the last one leaves while connecting', async () => {
    on.broker.hang();
    const client = on.client();
    const held = watch(client.connection$);
    const states = watch(client.state$);
    await on.settle();
    held.unsubscribe();
    await on.tick(1_000);
    expect(states.values.at(-1)).to.deep.equal({ status: 'idle' });
    states.unsubscribe();
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should stop trying when the last one leaves while waiting to retry', async () => {
    on.broker.unreachable();
    const client = on.client({ linger: 10 });
    const held = watch(client.connection$);
    await on.settle();
    held.unsubscribe();
    await on.tick(60_000);
    expect(on.dials).to.equal(1);
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should hold no connection for somebody who took one value and left', async () => {
    const client = on.client();
    const first = watch(client.connection$.pipe(take(1)));
    await on.settle();
    expect(first.completed).to.equal(true);
    const present = watch(client.connection$.pipe(take(1)));
    expect(present.completed).to.equal(true);
    await on.tick(1_000);
    expect(on.broker.clients).to.deep.equal([]);
  });

  it('should leave nothing behind when all have gone', async () => {
    const client = on.client();
    const all = [
      watch<unknown>(client.connection$),
      watch<unknown>(client.topic$('a/+')),
      watch<unknown>(client.topic$('a/+')),
      watch<unknown>(client.publish('a', 'b', { qos: 2 })),
      watch<unknown>(client.ping()),
      watch<unknown>(client.subscribe('durable')),
    ];
    await on.settle();
    for (const one of all) one.unsubscribe();
    await on.tick(1_000);
    expect([on.broker.clients, on.clock.countTimers()]).to.deep.equal([[], 0]);
  });

  it('should hold the connection for an exchange only as long as somebody waits for it', async () => {
    on.broker.hold('puback');
    const client = on.client();
    const publish = watch(client.publish('a', 'b', { qos: 1 }));
    await on.tick(5_000);
    expect(on.broker.clients).to.have.length(1);
    publish.unsubscribe();
    await on.tick(1_000);
    expect(on.broker.clients).to.deep.equal([]);
  });
});

clientSpecs('what the broker sees of a connection that is shared and counted', (on) => {
  it('should say DISCONNECT and hang up when nobody has held the connection for the linger [MQTT-3.14.4-1]', async () => {
    const { client, held, server } = await on.online();
    const states = watch(client.state$);
    held.unsubscribe();
    await on.tick(999);
    expect(server.open).to.equal(true);
    await on.tick(1);
    expect(server.hungUp).to.equal(true);
    expect(server.received.map(({ type }) => type)).to.deep.equal(['connect', 'disconnect']);
    expect(states.values.map(({ status }) => status)).to.deep.equal(['online', 'closing', 'idle']);
    states.unsubscribe();
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should say DISCONNECT and hang up when the last one leaves before CONNACK', async () => {
    on.broker.connack = 'silent';
    const client = on.client();
    const held = watch(client.connection$);
    await on.settle();
    held.unsubscribe();
    await on.tick(1_000);
    expect(on.broker.current.hungUp).to.equal(true);
    expect(on.sent()).to.deep.equal(['connect', 'disconnect']);
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should connect afresh for one who arrives when it is closing', async () => {
    const { client, held } = await on.online();
    const again: unknown[] = [];
    const watching = client.state$.subscribe(({ status }) => {
      if (status === 'closing' && again.length === 0) again.push(watch(client.connection$));
    });
    const states = watch(client.state$); // told after the one who reacts
    held.unsubscribe();
    await on.tick(1_000);
    expect(on.broker.connections.map(({ open }) => open)).to.deep.equal([false, true]);
    expect(on.sent()).to.deep.equal(['connect', 'disconnect', 'connect']);
    expect(states.values.at(-1)?.status).to.equal('online');
    await on.tick(60_000);
    expect(on.broker.current.open).to.equal(true);
    watching.unsubscribe();
  });

  it('should hold it for an exchange that began at once, and let go within two lingers of the last who waited', async () => {
    const { client, held, server } = await on.online();
    on.broker.silentOn.add('publish');
    const publishes = [1, 2].map(() => watch(client.publish('a', 'b', { qos: 1 })));
    await on.settle();
    held.unsubscribe();
    await on.tick(60_000);
    expect(server.open).to.equal(true);
    publishes[0]!.unsubscribe();
    await on.tick(60_000);
    expect(server.open).to.equal(true);
    publishes[1]!.unsubscribe();
    await on.tick(2_000);
    expect(server.open).to.equal(false);
    expect(server.received.at(-1)?.type).to.equal('disconnect');
  });

  it('should count the linger from the acknowledgement of an exchange that began at once', async () => {
    const { client, held, server } = await on.online();
    on.broker.silentOn.add('publish');
    watch(client.publish('a', 'b', { qos: 1 }));
    await on.settle();
    held.unsubscribe();
    await on.tick(10_300);
    server.send({ type: 'puback', packetId: 1 });
    await on.tick(999);
    expect(server.open).to.equal(true);
    await on.tick(1_001);
    expect(server.open).to.equal(false);
  });
});
