import { expect } from 'chai';
import { type Observable, concatMap, of, retry, timeout } from 'rxjs';
import { ConnectionFailedError, type MqttError, createClient } from '../../lib/index.js';
import { message, texts } from '../support/message.js';
import { scriptedBroker } from '../support/scriptedBroker.js';
import { clientSpecs } from '../support/stage.js';
import { turn } from '../support/turn.js';
import { watch } from '../support/watch.js';

/** The first list of FEATURES.md, by its numbers. */
clientSpecs('faults of Tortoise311 that must not come back', (on) => {
  const bytes = (...values: number[]) => Uint8Array.from(values);

  it('1. should not ping in a tight loop with keepAlive 0, nor when other traffic keeps the link alive', async () => {
    const { server } = await on.online({ keepAlive: 0 });
    await on.tick(3_600_000);
    expect(server.take('pingreq')).to.deep.equal([]);
    const busy = await on.online({ keepAlive: 10 });
    for (let i = 0; i < 10; i++) {
      await on.tick(9_000);
      watch(busy.client.publish('a', 'x', { qos: 1 }));
      await on.settle();
    }
    expect(busy.server.take('pingreq')).to.deep.equal([]);
  });

  it('2. should not leave the socket open after a protocol violation', async () => {
    const { server, held } = await on.online();
    server.sendBytes(bytes(0x00, 0x00));
    await on.settle();
    expect(server.hungUp).to.equal(true);
    await on.tick(1_000);
    expect(held.values.length).to.equal(2);
  });

  it('3. should not end for good after many bad packets or throwing handlers', async () => {
    const { client, held } = await on.online();
    client.messages$().subscribe(() => {
      throw new Error('handler');
    });
    for (let i = 0; i < 20; i++) {
      on.broker.current.send(message('a', 'x'));
      on.broker.current.sendBytes(bytes(0xf0, 0));
      await on.tick(30_000);
    }
    expect([held.values.length, held.ends, on.broker.current.open]).to.deep.equal([21, 0, true]);
    expect(on.unhandled().length).to.equal(20);
  });

  it('4. should not take other clients along when one fails for good', async () => {
    const { held, server } = await on.online();
    const other = scriptedBroker({ synchronous: on.synchronous });
    other.connack = { reasonCode: 4 };
    const failing = watch(on.client({ server: other.transport }).connection$);
    await on.settle();
    expect([failing.ends, held.ends, server.open]).to.deep.equal([1, 0, true]);
  });

  it('5. should not send again with DUP what it reports as lost with the session', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('publish');
    const [once, exactly] = ([1, 2] as const).map((qos) => watch(client.publish('a', String(qos), { qos })));
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.current.fail();
    await on.tick(1_000);
    expect(on.broker.current.take('publish').map(({ payload, dup }) => [texts([{ payload }])[0], dup])).to.deep.equal([
      ['1', false],
    ]);
    expect([once!.completed, (exactly!.error as MqttError).code]).to.deep.equal([true, 'SESSION_LOST']);
  });

  it('6. should not set DUP at the first transmission of what was published offline', async () => {
    on.broker.dial = 'refuse';
    on.broker.connack = { sessionPresent: true };
    const client = on.client({ cleanSession: false });
    watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    on.broker.dial = 'accept';
    await on.tick(1_000);
    expect(on.broker.current.take('publish').map(({ dup }) => dup)).to.deep.equal([false]);
  });

  it('7. should not mix up incoming and outgoing packet identifiers', async () => {
    const { client, server } = await on.online();
    on.broker.auto = false;
    const heard = watch(client.topic$('in'));
    await on.settle();
    const [subscribe] = server.take('subscribe');
    server.send({ type: 'suback', packetId: subscribe!.packetId, reasonCodes: [2] });
    const publish = watch(client.publish('out', 'x', { qos: 2 }));
    await on.settle();
    const { packetId } = server.take('publish')[0]!;
    server.send(message('in', 'y', { qos: 2, packetId }));
    await on.settle();
    server.send({ type: 'pubrec', packetId });
    await on.settle();
    server.send({ type: 'pubrel', packetId });
    await on.settle();
    server.send({ type: 'pubcomp', packetId });
    await on.settle();
    expect(server.take().map(({ type }) => type)).to.deep.equal(['pubrec', 'pubrel', 'pubcomp']);
    expect([publish.completed, heard.values.length, server.open]).to.deep.equal([true, 1, true]);
  });

  it('8. should not lose the connection over a refused subscription', async () => {
    const { client, held, server } = await on.online();
    on.broker.grant = () => 0x80;
    const refused = watch(client.topic$('a'));
    await on.settle();
    expect([(refused.error as MqttError).code, held.ends, server.open]).to.deep.equal([
      'SUBSCRIPTION_REFUSED',
      0,
      true,
    ]);
  });

  it('9. should not crash over a SUBACK or UNSUBACK after its timeout', async () => {
    const { client, held } = await on.online({ subscribeTimeout: 100 });
    on.broker.silentOn.add('subscribe').add('unsubscribe');
    const requests = [watch<unknown>(client.subscribe('a')), watch<unknown>(client.unsubscribe('b'))];
    const first = on.broker.current;
    await on.tick(100 + 1_000);
    on.broker.silentOn.clear();
    const ids = [first, on.broker.current].map((server) => [
      server.take('subscribe').map(({ packetId }) => packetId),
      server.take('unsubscribe').map(({ packetId }) => packetId),
    ]);
    const [suback, unsuback] = ids[0]!.map(([packetId]) => packetId!);
    on.broker.current.send({ type: 'suback', packetId: suback!, reasonCodes: [0] });
    on.broker.current.send({ type: 'unsuback', packetId: unsuback! });
    await on.settle();
    expect([ids.flat().map(({ length }) => length), requests.map(({ completed }) => completed)]).to.deep.equal([
      [1, 1, 1, 0], // of a new session nothing has to be unsubscribed
      [false, true],
    ]);
    for (const packetId of ids[1]![0]!) on.broker.current.send({ type: 'suback', packetId, reasonCodes: [0] });
    for (const packetId of ids[1]![1]!) on.broker.current.send({ type: 'unsuback', packetId });
    await on.settle();
    expect([requests.map(({ completed }) => completed), held.ends, on.broker.current.open]).to.deep.equal([
      [true, true],
      0,
      true,
    ]);
  });

  it('10. should renew a subscription that was granted at a lower QoS after a reconnect', async () => {
    const { client } = await on.online();
    on.broker.grant = () => 0;
    watch(client.topic$('a', { qos: 2 }));
    await on.settle();
    on.broker.current.fail();
    await on.tick(1_000);
    expect(on.broker.current.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([[{ filter: 'a', qos: 2 }]]);
  });

  it('11. should answer PUBREL and PUBREC with unknown identifiers [MQTT-4.3.3-2]', async () => {
    const { server } = await on.online();
    server.send({ type: 'pubrel', packetId: 77 }, { type: 'pubrec', packetId: 78 });
    await on.settle();
    const unknown = on.version === 5 ? { reasonCode: 0x92 } : {}; // Packet Identifier not found
    expect(server.take()).to.deep.equal([
      { type: 'pubcomp', packetId: 77, ...unknown },
      { type: 'pubrel', packetId: 78, ...unknown },
    ]);
  });

  it('12. should not deliver a QoS 2 redelivery twice, DUP or not, and answer it each time', async () => {
    const { client } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', { qos: 2 }));
    on.broker.auto = false;
    on.broker.current.send(message('a', 'x', { qos: 2, packetId: 9 }), message('a', 'x', { qos: 2, packetId: 9 }));
    await on.settle();
    expect(on.broker.current.take('pubrec').length).to.equal(2);
    on.broker.auto = true;
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.tick(1_000);
    on.broker.current.send(message('a', 'x', { qos: 2, packetId: 9, dup: true }));
    await on.settle();
    expect(on.broker.current.take('pubcomp').length).to.equal(1);
    expect(heard.values.length).to.equal(1);
    on.broker.current.send(message('a', 'new', { qos: 2, packetId: 9 }));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['x', 'new']);
  });

  it('13. should not measure later pings by one that was lost in a drop, nor ping while offline', async () => {
    const { client } = await on.online({ keepAlive: 2 });
    on.broker.silentOn.add('pingreq');
    const lost = watch(client.ping());
    await on.settle();
    on.broker.current.fail();
    on.broker.dial = 'refuse';
    await on.tick(60_000);
    expect((lost.error as MqttError).code).to.equal('CONNECTION_LOST');
    on.broker.dial = 'accept';
    on.broker.silentOn.clear();
    await on.tick(30_000);
    on.broker.silentOn.add('pingreq');
    const ping = watch(client.ping());
    await on.tick(7);
    on.broker.current.send({ type: 'pingresp' });
    await on.settle();
    expect(ping.values).to.deep.equal([7]);
    expect(on.broker.current.open).to.equal(true);
  });

  it('14. should not spin while the connection is down', async () => {
    on.broker.dial = 'refuse';
    const client = on.client();
    for (let i = 0; i < 100; i++) watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    expect(on.clock.countTimers()).to.equal(1);
    await on.tick(3_600_000);
    expect(on.broker.dials).to.be.lessThan(130);
  });

  it('15. should not leak a socket for each refused CONNACK, nor crash when a close follows at once', async () => {
    on.broker.connack = { reasonCode: 3 };
    watch(on.client().connection$);
    await on.tick(100_000);
    expect(on.broker.connections.length).to.be.greaterThan(5);
    expect(on.broker.connections.filter(({ open }) => open).length).to.equal(0);
  });

  it('16. should not crash when it is ended while offline', async () => {
    on.broker.dial = 'refuse';
    const client = on.client();
    watch(client.connection$);
    await on.settle();
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, on.clock.countTimers()]).to.deep.equal([true, 0]);
  });

  for (const [what, raw] of [
    ['a code above 5', [0x20, 2, 0, 6]],
    ['reserved flags', [0x20, 2, 2, 0]],
    ['a missing byte', [0x20, 1, 0]],
    ['session present with a refusal', [0x20, 2, 1, 5]],
  ] as const) {
    it(`17. should take a CONNACK with ${what} for a ProtocolError and try again`, async () => {
      on.broker.connack = 'silent';
      const client = on.client();
      const held = watch(client.connection$);
      const states = watch(client.state$);
      await on.settle();
      on.broker.current.sendBytes(bytes(...raw));
      await on.settle();
      expect((states.values.at(-1) as { cause: MqttError }).cause.code).to.equal('PROTOCOL');
      on.broker.connack = {};
      await on.tick(1_000);
      expect(held.values.length).to.equal(1);
    });
  }

  it('18. should not try bad credentials for ever without a sign', async () => {
    on.broker.connack = { reasonCode: 4 };
    const held = watch(on.client({ username: 'u', password: 'wrong' }).connection$);
    await on.tick(3_600_000);
    expect([(held.error as MqttError).code, on.broker.dials]).to.deep.equal(['CONNECTION_REFUSED', 1]);
  });

  for (const code of ['EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'ENOTFOUND', 'ENETUNREACH']) {
    it(`19. should not give up because of ${code} at connect`, async () => {
      let dials = 0;
      const failing = new ConnectionFailedError('dial', { cause: Object.assign(new Error(code), { code }) });
      const server = () => {
        if (++dials === 1) throw failing;
        return on.broker.transport;
      };
      const held = watch(on.client({ server }).connection$);
      await on.tick(1_000);
      expect([dials, held.values.length]).to.deep.equal([2, 1]);
    });
  }

  it('20. should not make malformed packets of long topics, lone passwords and unusual wills', async () => {
    const { client, server } = await on.online();
    const long = 'x'.repeat(65_536);
    const refused: Observable<unknown>[] = [
      client.publish(long),
      client.topic$(long),
      client.subscribe(long),
      client.unsubscribe(long),
    ];
    for (const act of refused) expect((watch(act).error as MqttError).code).to.equal('INVALID_TOPIC');
    expect(() => createClient('mqtt://x', { password: 'p' })).to.throw(/username/);
    expect(() => createClient('mqtt://x', { will: { topic: 'a', payload: {} as string } })).to.throw(/will.payload/);
    await on.settle();
    expect(server.take()).to.deep.equal([]);
  });

  it('21. should take an error of the socket as it takes a close', async () => {
    const { held, server } = await on.online();
    server.fail(new Error('EPIPE'));
    await on.tick(1_000);
    expect([held.values.length, held.ends]).to.deep.equal([2, 0]);
  });

  it('22. should not loop for ever when all 65,535 packet identifiers are in use', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('publish');
    const last: boolean[] = [];
    for (let i = 0; i < 65_535; i++) client.publish('a', undefined, { qos: 1 }).subscribe({ error: () => undefined });
    client.publish('a', 'last', { qos: 1 }).subscribe(() => last.push(true));
    watch(client.topic$('a'));
    await turn();
    expect(server.take('publish').length).to.equal(65_535);
    on.broker.silentOn.clear();
    server.send({ type: 'puback', packetId: 7 }, { type: 'puback', packetId: 8 });
    await turn();
    expect(server.take('publish').map(({ packetId }) => packetId)).to.include.oneOf([7, 8]);
    expect(last).to.deep.equal([true]);
    await turn();
    expect(server.take('subscribe').length).to.equal(1);
  });

  it('should let what was refused be asked for again with retry, and a timeout take a publish back', async () => {
    const { client } = await on.online();
    let asked = 0;
    on.broker.grant = (_, qos) => (++asked === 1 ? 0x80 : qos);
    const heard = watch(client.topic$('a').pipe(retry({ delay: 1_000 })));
    await on.tick(1_000);
    expect([asked, heard.ends]).to.deep.equal([2, 0]);
    const row = watch(
      of(1, 2).pipe(concatMap((n) => client.publish('b', String(n), { qos: 1 }).pipe(timeout(60_000)))),
    );
    await on.settle();
    expect(row.completed).to.equal(true);
  });
});
