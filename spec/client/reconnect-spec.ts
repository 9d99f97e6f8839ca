import { expect } from 'chai';
import { NEVER, Subject, concat, filter, retry, take } from 'rxjs';
import {
  type ClientEvent,
  ClientEndedError,
  type ConnectionFailure,
  ConnectionRefusedError,
  type MqttClient,
  SessionLostError,
  backoff,
} from '../../lib/index.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

/** Types of the events of a client, from now on, without packets. */
function eventsOf(client: MqttClient): Watched<ClientEvent> {
  return watch(client.events$.pipe(filter(({ type }) => !type.startsWith('packet-'))));
}

clientSpecs('reconnect', (on) => {
  const types = (events: Watched<{ readonly type: string }>) => events.values.map(({ type }) => type);
  const statuses = (states: Watched<{ readonly status: string }>) => states.values.map(({ status }) => status);

  it('should be cold', async () => {
    const { client, server } = await on.online();
    client.reconnect();
    await on.settle();
    expect([server.open, on.broker.dials]).to.deep.equal([true, 1]);
  });

  it('should say DISCONNECT, connect anew, emit the new connection and complete', async () => {
    const { client, held, server } = await on.online();
    const [states, events] = [watch(client.state$), eventsOf(client)];
    const reconnected = watch(client.reconnect());
    await on.settle();
    expect(server.received.map(({ type }) => type)).to.deep.equal(['connect', 'disconnect']);
    expect([server.hungUp, on.broker.dials, held.ends]).to.deep.equal([true, 2, 0]);
    expect(reconnected.values).to.deep.equal([held.values[1]]);
    expect([held.values.length, reconnected.completed]).to.deep.equal([2, true]);
    expect(statuses(states)).to.deep.equal(['online', 'closing', 'connecting', 'online']);
    expect(types(events)).to.deep.equal(['disconnected', 'connecting', 'connected']);
    expect(events.values[0]).to.deep.equal({ type: 'disconnected' });
  });

  it('should have hung up before it dials', async () => {
    const { client } = await on.online();
    const open: number[] = [];
    client.events$.pipe(filter(({ type }) => type === 'connecting')).subscribe(() => {
      open.push(on.broker.connections.filter((one) => one.open).length);
    });
    watch(client.reconnect());
    await on.settle();
    expect(open).to.deep.equal([0]);
  });

  it('should ask the functions of options again', async () => {
    const tokens = ['old', 'new'];
    const { client } = await on.online({ username: 'u', password: () => tokens.shift() });
    watch(client.reconnect());
    await on.settle();
    const said = on.broker.connections.map(({ received: [connect] }) =>
      Buffer.from((connect as { password?: Uint8Array }).password!).toString(),
    );
    expect(said).to.deep.equal(['old', 'new']);
  });

  it('should keep all streams, with their subscriptions, and what was asked for and not answered', async () => {
    const { client } = await on.online();
    const heard = watch(client.topic$('a', { qos: 1 }));
    await on.settle();
    on.broker.silentOn.add('subscribe').add('publish').add('unsubscribe');
    const asked = [
      watch<unknown>(client.subscribe('d')),
      watch<unknown>(client.unsubscribe('e')),
      watch<unknown>(client.publish('p', '1', { qos: 1 })),
    ];
    await on.settle();
    on.broker.silentOn.clear();
    watch(client.reconnect());
    await on.settle();
    on.broker.current.send(message('a', 'x'));
    await on.settle();
    expect([heard.ends, texts(heard.values)]).to.deep.equal([0, ['x']]);
    expect(asked.map(({ completed, error }) => [completed, error])).to.deep.equal(asked.map(() => [true, undefined]));
  });

  it('should repeat what is in flight, in a session that the broker kept, with DUP', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('publish').add('pubrel');
    const publishes = [1, 2].map((qos) => watch(client.publish('a', String(qos), { qos: qos as 1 | 2 })));
    await on.settle();
    const { packetId } = server.take('publish')[1]!;
    server.send({ type: 'pubrec', packetId });
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    on.broker.silentOn.clear();
    watch(client.reconnect());
    await on.settle();
    const again = on.broker.current.received
      .slice(1)
      .map(({ type, ...rest }) => [type, (rest as { dup?: boolean }).dup]);
    expect(again).to.deep.equal([['pubrel', undefined], ['publish', true]]); // prettier-ignore
    expect(publishes.map(({ completed }) => completed)).to.deep.equal([true, true]);
  });

  it('should begin a clean session anew: QoS 1 is published again, QoS 2 cannot be promised', async () => {
    const { client } = await on.online();
    on.broker.silentOn.add('publish');
    const [once, exactly] = [1, 2].map((qos) => watch(client.publish('a', '', { qos: qos as 1 | 2 })));
    await on.settle();
    on.broker.silentOn.clear();
    watch(client.reconnect());
    await on.settle();
    expect(on.broker.current.take('publish').map(({ qos, dup }) => [qos, dup])).to.deep.equal([[1, false]]);
    expect([once!.completed, exactly!.error]).to.have.property('0', true);
    expect(exactly!.error).to.be.instanceOf(SessionLostError);
  });

  it('should send what was published in the same turn on the old connection, and what comes later on the new one', async () => {
    const { client, server } = await on.online();
    watch(client.publish('a', '1'));
    watch(client.reconnect());
    watch(client.publish('a', '2'));
    await on.settle();
    watch(client.publish('a', '3'));
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['1', '2']);
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['3']);
  });

  it('should write no QoS 0 message twice that an answer lets go while it closes', async () => {
    const { client, server } = await on.online({ maxInflight: 1 });
    on.broker.silentOn.add('publish');
    watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    const { packetId } = server.take('publish')[0]!;
    const [other, behind] = [watch(client.publish('a', '2', { qos: 1 })), watch(client.publish('a', '3'))];
    on.broker.offends = ({ type }) => {
      if (type === 'subscribe') server.send({ type: 'puback', packetId });
      if (type === 'publish') on.broker.silentOn.clear();
      return false;
    };
    watch(client.topic$('t')); // leaves with the turn that the drop ends
    watch(client.reconnect());
    await on.settle();
    expect([other.completed, behind.completed]).to.deep.equal([true, true]);
    const sent = on.broker.connections.flatMap(({ received }) => received.filter(({ type }) => type === 'publish'));
    expect(texts(sent as PublishPacket[]).filter((text) => text === '3')).to.deep.equal(['3']);
  });

  it('should be one for all who ask in one turn, and none for those who leave in it', async () => {
    const { client } = await on.online();
    const all = [watch(client.reconnect()), watch(client.reconnect()), watch(client.reconnect())];
    all[1]!.unsubscribe();
    await on.settle();
    expect([on.broker.dials, all.map(({ values }) => values.length)]).to.deep.equal([2, [1, 0, 1]]);
    watch(client.reconnect()).unsubscribe();
    await on.settle();
    expect(on.broker.dials).to.equal(2);
  });

  it('should be made all the same when its caller leaves while others hold the connection', async () => {
    const { client, held } = await on.online();
    on.broker.dial = 'refuse';
    const reconnected = watch(client.reconnect());
    await on.settle();
    reconnected.unsubscribe();
    on.broker.dial = 'accept';
    await on.tick(1_000);
    expect([held.values.length, reconnected.values.length]).to.deep.equal([2, 0]);
  });

  it('should open a connection when there is none, as ping does, and hold it no longer than that', async () => {
    const client = on.client({ linger: 50 });
    const reconnected = watch(client.reconnect());
    await on.settle();
    expect([reconnected.values.length, reconnected.completed, on.broker.dials]).to.deep.equal([1, true, 1]);
    await on.tick(50);
    expect([on.broker.current.hungUp, on.broker.dials]).to.deep.equal([true, 1]);
  });

  it('should drop a connection that lingers, and make another', async () => {
    const { client, held, server } = await on.online();
    held.unsubscribe();
    const reconnected = watch(client.reconnect());
    await on.settle();
    expect([server.hungUp, reconnected.completed, on.broker.dials]).to.deep.equal([true, true, 2]);
  });

  it('should cut a wait short, and begin the delays and the attempts anew', async () => {
    on.broker.dial = 'refuse';
    const client = on.client();
    watch(client.connection$);
    const states = watch(client.state$);
    await on.tick(7_000);
    expect(states.values.at(-1)).to.include({ status: 'waiting', attempt: 5, delay: 8_000 });
    const reconnected = watch(client.reconnect());
    await on.settle();
    expect(states.values.at(-1)).to.include({ status: 'waiting', attempt: 2, delay: 1_000 });
    on.broker.dial = 'accept';
    await on.tick(1_000);
    expect([reconnected.completed, states.values.at(-1)!.status]).to.deep.equal([true, 'online']);
    await on.tick(10_000);
    expect(on.broker.connections.length).to.equal(1);
  });

  it('should give up an attempt that is under way, and try anew', async () => {
    on.broker.dial = 'hang';
    const client = on.client();
    const held = watch(client.connection$);
    await on.settle();
    on.broker.dial = 'accept';
    const reconnected = watch(client.reconnect());
    await on.settle();
    expect([reconnected.completed, held.values.length, on.broker.dials]).to.deep.equal([true, 1, 2]);
  });

  it('should say DISCONNECT before CONNACK as well', async () => {
    on.broker.connack = 'silent';
    const client = on.client();
    watch(client.connection$);
    await on.settle();
    on.broker.connack = {};
    watch(client.reconnect());
    await on.settle();
    expect(on.broker.connections.map(({ open, received }) => [open, received.map(({ type }) => type)])).to.deep.equal([
      [false, ['connect', 'disconnect']],
      [true, ['connect']],
    ]);
  });

  it('should wait through failures of the new attempts, and err with what is fatal, once, as everybody does', async () => {
    const { client, held } = await on.online();
    on.broker.dial = 'refuse';
    const reconnected = watch(client.reconnect());
    await on.settle();
    on.broker.dial = 'accept';
    on.broker.connack = { reasonCode: 5 };
    await on.tick(1_000);
    expect([reconnected.ends, held.ends, on.broker.dials]).to.deep.equal([1, 1, 3]);
    expect(reconnected.error).to.be.instanceOf(ConnectionRefusedError).and.equal(held.error);
    on.broker.connack = {};
    const again = watch(client.reconnect());
    await on.settle();
    expect(again.completed).to.equal(true);
  });

  it('should be heard of by no notifier, and suspect no takeover and no message', async () => {
    const failures: ConnectionFailure[] = [];
    const { client } = await on.online({
      retryWhen: (failures$) => {
        failures$.subscribe((failure) => failures.push(failure));
        return backoff({ jitter: 0 })(failures$);
      },
    });
    const events = eventsOf(client);
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', 'x', { qos: 1 }));
    for (let i = 0; i < 8; i++) {
      watch(client.reconnect());
      await on.tick(100);
    }
    expect(failures).to.deep.equal([]);
    expect(types(events).filter((type) => !/^(dis)?connect/.test(type))).to.deep.equal([]);
    expect(on.broker.current.take('publish').length).to.equal(1);
    on.broker.current.send({ type: 'puback', packetId: on.broker.current.received.map((p) => 'packetId' in p ? p.packetId : 0).at(-1)! }); // prettier-ignore
    await on.settle();
    expect(publish.completed).to.equal(true);
  });

  it('should stay with the server that it was connected to', async () => {
    const other = NEVER;
    const { client } = await on.online({ server: [on.broker.transport, other] });
    const reconnected = watch(client.reconnect());
    await on.settle();
    expect([reconnected.completed, on.broker.dials]).to.deep.equal([true, 2]);
  });

  it('should tell a ping in flight that the connection is gone, which may ping again on the new one', async () => {
    const { client } = await on.online();
    on.broker.silentOn.add('pingreq');
    const ping = watch(client.ping());
    const retried = watch(client.ping().pipe(retry(1)));
    await on.settle();
    on.broker.silentOn.clear();
    watch(client.reconnect());
    await on.settle();
    expect(ping.error).to.include({ code: 'CONNECTION_LOST' });
    expect([retried.values, retried.completed]).to.deep.equal([[0], true]);
  });

  it('should err with a ClientEndedError after end, and when end comes first in its turn', async () => {
    const { client } = await on.online();
    const inTurn = watch(client.reconnect());
    watch(client.end());
    const late = watch(client.reconnect());
    await on.settle();
    for (const { error, ends } of [inTurn, late]) {
      expect(error).to.be.instanceOf(ClientEndedError);
      expect(ends).to.equal(1);
    }
    expect(on.broker.dials).to.equal(1);
  });

  it('should not disturb an end that waits for what is unfinished', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', '', { qos: 1 }));
    await on.settle();
    const reconnected = watch(client.reconnect());
    const end = watch(client.end());
    await on.settle();
    expect([server.open, reconnected.ends, end.ends]).to.deep.equal([true, 1, 0]);
    server.send({ type: 'puback', packetId: server.take('publish')[0]!.packetId });
    await on.settle();
    expect([publish.completed, end.completed]).to.deep.equal([true, true]);
  });

  it('should come to its end when the client is ended while the new connection is made', async () => {
    const { client } = await on.online();
    on.broker.dial = 'hang';
    const reconnected = watch(client.reconnect());
    await on.settle();
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, on.clock.countTimers()]).to.deep.equal([true, 0]);
    expect(reconnected.error).to.be.instanceOf(ClientEndedError);
  });

  it('should end for good when the client is ended by one who hears of the drop', async () => {
    for (const status of ['closing', 'connecting'] as const) {
      const { client } = await on.online();
      const before = on.broker.dials;
      client.state$
        .pipe(filter((state) => state.status === status))
        .subscribe(() => watch(client.end({ force: true })));
      const [held, reconnected] = [watch(client.connection$), watch(client.reconnect())];
      await on.settle();
      expect([held.completed, reconnected.ends, on.clock.countTimers()], status).to.deep.equal([true, 1, 0]);
      expect(on.broker.dials, status).to.equal(before);
    }
  });

  it('should be possible inside every kind of callback, on a connection of its own each time', async () => {
    const client = on.client();
    const made: Watched<unknown>[] = [];
    const seen = new Set<string>();
    const once = (name: string) => () => {
      if (seen.has(name)) return;
      seen.add(name);
      made.push(watch(client.reconnect()));
    };
    client.events$.subscribe((event) =>
      once(event.type === 'packet-sent' ? `sent ${event.packet.type}` : event.type)(),
    );
    client.state$.subscribe(({ status }) => once(status)());
    client.connection$.subscribe(once('connection$'));
    client.topic$('a', { qos: 1 }).subscribe(once('message'));
    client.messages$().subscribe(once('messages$'));
    client.subscriptions$.subscribe(once('subscriptions$'));
    client.subscribe('d').subscribe({ next: once('grant'), complete: once('granted') });
    client.publish('p', 'x', { qos: 1 }).subscribe({ next: once('receipt'), complete: once('received') });
    client
      .ping()
      .pipe(retry(30))
      .subscribe({ next: once('pong'), complete: once('ponged') });
    client.publish('a/+').subscribe({ error: once('error') });
    for (let i = 0; i < 40; i++) await on.settle();
    on.broker.current.send(message('a', 'x', { qos: 1, packetId: 7 }));
    for (let i = 0; i < 10; i++) await on.settle();
    expect([...seen]).to.include.members([
      'idle', 'connecting', 'connected', 'online', 'closing', 'disconnected', 'sent disconnect', 'sent connect', 'connection$',
      'message', 'messages$', 'subscriptions$', 'grant', 'granted', 'receipt', 'received', 'pong', 'ponged', 'error', 'ping', 'subscribed',
    ]); // prettier-ignore
    expect(made.filter(({ completed }) => !completed)).to.deep.equal([]);
    expect(on.broker.connections.filter(({ open }) => open).length).to.equal(1);
  });

  it('should acknowledge a message whose handler reconnects, on the old connection', async () => {
    const { client, server } = await on.online();
    client.topic$('a', { qos: 1 }).subscribe(() => watch(client.reconnect()));
    await on.settle();
    server.take();
    server.send(message('a', '', { qos: 1, packetId: 4 }));
    await on.settle();
    expect(server.take().map(({ type }) => type)).to.deep.equal(['puback', 'disconnect']);
    expect(on.broker.dials).to.equal(2);
  });

  it('should be repeated as often as a stream of new tokens says', async () => {
    const { client } = await on.online();
    const renewed = new Subject<void>();
    renewed.subscribe(() => watch(concat(client.reconnect(), client.publish('a', 'x')).pipe(take(2))));
    for (let i = 0; i < 5; i++) {
      renewed.next();
      await on.settle();
    }
    expect(on.broker.dials).to.equal(6);
  });
});
