import { expect } from 'chai';
import { type ClientEvent, KeepAliveTimeoutError, type Metrics, type MqttError } from '../../lib/index.js';
import { memory } from '../../lib/testing.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { encode } from '../../lib/packet/encode.js';
import type { MemoryPeer } from '../../lib/transport/memory.js';
import { message } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs('ping and keep-alive', (on) => {
  it('should send PINGREQ when nothing was sent for keepAlive seconds [MQTT-3.1.2-23]', async () => {
    const { server } = await on.online({ keepAlive: 10 });
    expect(server.received[0]).to.include({ keepAlive: 10 });
    await on.tick(9_999);
    expect(server.take('pingreq')).to.deep.equal([]);
    await on.tick(1);
    expect(server.take('pingreq').length).to.equal(1);
    await on.tick(100_000);
    expect(server.take('pingreq').length).to.equal(10);
  });

  it('should ping after silence in either direction, and put PINGREQ off while both sides talk [MQTT-3.1.2-23]', async () => {
    const { client, server } = await on.online({ keepAlive: 10 });
    for (let i = 0; i < 5; i++) {
      watch(client.publish('a', 'x'));
      server.send(message('a', 'x'));
      await on.tick(9_000);
    }
    expect(server.take('pingreq')).to.deep.equal([]);
    watch(client.publish('a', 'x'));
    await on.tick(1_000);
    expect(server.take('pingreq').length).to.equal(1, 'nothing came for 10 s');
    server.send(message('a', 'x'));
    await on.tick(9_999);
    expect(server.take('pingreq').length).to.equal(0);
    await on.tick(1);
    expect(server.take('pingreq').length).to.equal(1, 'nothing was sent for 10 s');
  });

  it('should never ping with keepAlive 0', async () => {
    const { server } = await on.online({ keepAlive: 0 });
    await on.tick(1_000_000);
    expect(server.take('pingreq')).to.deep.equal([]);
  });

  it('should reconnect when PINGRESP does not come, without DISCONNECT', async () => {
    const { client, held, server } = await on.online({ keepAlive: 10, pingTimeout: 3_000 });
    on.broker.silentOn.add('pingreq');
    const states = watch(client.state$);
    await on.tick(12_999);
    expect(server.open).to.equal(true);
    await on.tick(1);
    expect((states.values.at(-1) as { cause?: MqttError }).cause).to.be.instanceOf(KeepAliveTimeoutError);
    expect([server.hungUp, server.received.at(-1)?.type]).to.deep.equal([true, 'pingreq']);
    await on.tick(1_000);
    expect(held.values.length).to.equal(2);
  });

  it('should take anything that comes as a sign of life while PINGRESP is due', async () => {
    const { server } = await on.online({ keepAlive: 10, pingTimeout: 3_000 });
    on.broker.silentOn.add('pingreq');
    await on.tick(12_000);
    server.send(message('a', 'x'));
    await on.tick(2_999);
    expect(server.open).to.equal(true);
    await on.tick(1);
    expect(server.open).to.equal(false);
  });

  it('should emit the round trip of a ping and complete', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('pingreq');
    const ping = watch(client.ping());
    await on.tick(42);
    server.send({ type: 'pingresp' });
    await on.settle();
    expect([ping.values, ping.completed]).to.deep.equal([[42], true]);
  });

  it('should be cold, and answer pings in order', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('pingreq');
    const ping = client.ping();
    const first = watch(ping);
    await on.tick(10);
    const second = watch(ping);
    await on.tick(10);
    first.unsubscribe();
    server.send({ type: 'pingresp' });
    await on.settle();
    expect(second.values).to.deep.equal([]);
    server.send({ type: 'pingresp' });
    await on.settle();
    expect(second.values).to.deep.equal([10]);
    expect(server.take('pingreq').length).to.equal(2);
  });

  it('should wait for a connection with a ping, and error with what ends it', async () => {
    on.broker.dial = 'refuse';
    const client = on.client();
    const ping = watch(client.ping());
    await on.settle();
    on.broker.dial = 'accept';
    on.broker.silentOn.add('pingreq');
    await on.tick(1_000);
    expect([ping.ends, on.broker.current.take('pingreq').length]).to.deep.equal([0, 1]);
    on.broker.current.close();
    await on.settle();
    expect(ping.error).to.include({ code: 'CONNECTION_LOST' });
  });

  it('should ignore a PINGRESP that nobody asked for', async () => {
    const { server } = await on.online();
    server.send({ type: 'pingresp' });
    await on.settle();
    expect(server.open).to.equal(true);
  });

  it('should write pings although the link is congested, and let publishes wait', async () => {
    let peer: MemoryPeer | undefined;
    const connack = encode({ type: 'connack', sessionPresent: false, reasonCode: 0 }, { protocolVersion: on.version });
    const server = memory(
      (opened) => {
        peer = opened;
        const decoder = new PacketDecoder(undefined, on.version);
        opened.bytes$.subscribe((bytes) => {
          decoder.push(bytes);
          for (let packet = decoder.next(); packet; packet = decoder.next()) {
            got.push(packet.type);
            if (packet.type === 'connect') opened.write(connack);
          }
        });
      },
      { synchronous: on.synchronous },
    );
    const got: string[] = [];
    const client = on.client({ server });
    watch(client.connection$);
    await on.settle();
    peer!.pause();
    const big = watch(client.publish('a', new Uint8Array(17_000_000)));
    await on.settle();
    const waiting = watch(client.publish('a', 'x'));
    watch(client.ping());
    await on.settle();
    expect([big.completed, waiting.completed]).to.deep.equal([true, false]);
    peer!.resume();
    await on.tick(10);
    expect([waiting.completed, got]).to.deep.equal([true, ['connect', 'publish', 'pingreq', 'publish']]);
  });
});

clientSpecs('events$ and metrics$', (on) => {
  it('should tell what happens, in order', async () => {
    const client = on.client({ username: 'u', password: 'secret' });
    const events = watch(client.events$);
    on.broker.grant = (filter, qos) => (filter === 'no' ? 0x80 : qos);
    const held = watch(client.connection$);
    const heard = watch(client.topic$('a', { qos: 1 }));
    watch(client.topic$('no'));
    await on.settle();
    watch(client.ping());
    heard.unsubscribe();
    await on.settle();
    on.broker.current.send(message('nobody', 'x'));
    on.broker.current.close();
    await on.tick(1_000);
    held.unsubscribe();
    watch(client.end());
    await on.settle();
    const brief = events.values.filter(({ type }) => !type.startsWith('packet')).map(({ type }) => type);
    expect(brief).to.deep.equal([
      'connecting',
      'connected',
      'subscribed',
      'refused',
      'ping',
      'unsubscribed',
      'message-dropped',
      'disconnected',
      'retry',
      'connecting',
      'connected',
      'disconnected',
      'ended',
    ]);
    expect(events.completed).to.equal(true);
    expect(events.values.find(({ type }) => type === 'subscribed')).to.deep.equal({
      type: 'subscribed',
      filter: 'a',
      requested: 1,
      granted: 1,
    });
    expect(events.values.find(({ type }) => type === 'disconnected')).to.have.nested.property(
      'cause.code',
      'CONNECTION_LOST',
    );
    expect(events.values.find(({ type }) => type === 'retry')).to.include({ attempt: 1, delay: 1_000 });
    const connect = events.values.find((event) => event.type === 'packet-sent' && event.packet.type === 'connect');
    expect(connect).to.have.nested.property('packet.username', 'u');
    expect(connect).to.have.nested.property('packet.password', undefined);
    const packets = (type: ClientEvent['type']) =>
      events.values.flatMap((event) => (event.type === type && 'packet' in event ? [event.packet.type] : []));
    expect(packets('packet-sent').slice(0, 4)).to.deep.equal(['connect', 'subscribe', 'pingreq', 'unsubscribe']);
    expect(packets('packet-received').slice(0, 4)).to.deep.equal(['connack', 'suback', 'pingresp', 'unsuback']);
  });

  it('should count bytes, packets, messages and reconnects, and lose nothing at a reconnect', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const metrics = watch(client.metrics$(10_000));
    watch(client.publish('a', '123', { qos: 1 }));
    await on.settle();
    server.send(message('b', '12', { qos: 0 }));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.tick(1_000);
    on.broker.silentOn.add('publish');
    watch(client.publish('a', '123', { qos: 2 }));
    watch(client.ping());
    await on.tick(9_000);
    const [first] = metrics.values as [Metrics];
    expect(first.period).to.deep.include({ packetsOut: 4, packetsIn: 4, reconnects: 1 });
    expect([first.period.messagesOut, first.period.messagesIn]).to.deep.equal([
      { 0: 0, 1: 1, 2: 1 },
      { 0: 1, 1: 0, 2: 0 },
    ]);
    expect(first.total.bytesOut).to.be.greaterThan(first.period.bytesOut);
    expect([first.queued, first.inFlight, first.roundTrip]).to.deep.equal([0, 1, 0]);
    await on.tick(10_000);
    expect(metrics.values[1]!.period).to.deep.include({ packetsOut: 0, bytesIn: 0 });
    expect(metrics.values[1]!.total).to.deep.equal(first.total);
  });

  it('should count every byte', async () => {
    const { client, server } = await on.online();
    const sizeOf = (packet: Packet) => encode(packet, { protocolVersion: on.version }).length;
    const connect = sizeOf(server.received[0]!);
    watch(client.publish('a', new Uint8Array(50_000)));
    await on.settle();
    const metrics = watch(client.metrics$(1));
    await on.tick(1);
    expect(metrics.values[0]!.total).to.include({
      bytesOut: connect + sizeOf(message('a', 'x'.repeat(50_000))),
      bytesIn: on.version === 5 ? 5 : 4, // CONNACK, in MQTT 5 with the length of its properties
    });
    metrics.unsubscribe();
  });

  it('should give the last figures on end, complete, and leave no timer', async () => {
    const { client } = await on.online();
    const metrics = watch(client.metrics$());
    watch(client.publish('a', 'x'));
    watch(client.end());
    await on.settle();
    expect([metrics.values.length, metrics.completed, on.clock.countTimers()]).to.deep.equal([1, true, 0]);
    expect(metrics.values[0]!.period.packetsOut).to.equal(2);
    const late = watch(client.metrics$());
    expect([late.values.length, late.completed]).to.deep.equal([1, true]);
  });

  it('should refuse a period that is none with an error notification', () => {
    for (const period of [0, -1, NaN, Infinity]) {
      expect(watch(on.client().metrics$(period)).error).to.include({ code: 'INVALID_ARGUMENT', field: 'period' });
    }
  });

  it('should crash nobody when the last one leaves while PINGRESP is due', async () => {
    const { held } = await on.online({ keepAlive: 1, linger: 500 });
    on.broker.silentOn.add('pingreq');
    await on.tick(900);
    held.unsubscribe();
    await on.tick(500);
    await on.tick(1); // when RxJS reports what nobody handled
    expect(on.broker.current.take().map(({ type }) => type)).to.deep.equal(['pingreq', 'disconnect']);
    expect(on.unhandled()).to.deep.equal([]);
  });
});
