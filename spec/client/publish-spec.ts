import { expect } from 'chai';
import { EMPTY, Subject, concat, firstValueFrom, forkJoin, merge, of, retry, takeUntil, timeout } from 'rxjs';
import { type PublishReceipt, type PublishResult, QueueOverflowError, publishEach } from '../../lib/index.js';
import type { QoS } from '../../lib/packet/Packet.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

const codes = (watched: readonly Watched<unknown>[]) =>
  watched.map(
    ({ error, completed }) => (error as { code?: string } | undefined)?.code ?? (completed ? 'done' : 'open'),
  );

clientSpecs('publish', (on) => {
  it('should publish once for each subscription', async () => {
    const { client, server } = await on.online();
    const publish = client.publish('a', 'x', { qos: 1 });
    watch(publish);
    watch(publish);
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['x', 'x']);
  });

  it('should give a receipt at QoS 0 when the transport has the packet', async () => {
    const { client, server } = await on.online();
    const publish = watch(client.publish('a', 'x'));
    expect([publish.values.length, server.take('publish').length]).to.deep.equal([0, 0]);
    let written = -1;
    client.publish('a', 'y').subscribe(() => (written = server.writes));
    const before = server.writes;
    await on.settle();
    expect(publish.values).to.deep.equal([{ topic: 'a', qos: 0 }]);
    expect(publish.completed).to.equal(true);
    if (on.synchronous) expect(written).to.equal(before + 1);
  });

  it('should give a receipt at QoS 1 on PUBACK [MQTT-4.3.2-1] [MQTT5-4.3.2-3]', async () => {
    const { client, server } = await on.online();
    on.broker.auto = false;
    const publish = watch(client.publish('a', 'x', { qos: 1, retain: true }));
    await on.tick(250);
    const [sent] = server.take('publish');
    expect(sent).to.deep.include({ topic: 'a', qos: 1, retain: true, dup: false });
    expect(publish.values).to.deep.equal([]);
    server.send({ type: 'puback', packetId: sent!.packetId });
    await on.settle();
    const said = on.version === 5 ? { reasonCode: 0 } : {};
    const receipt: PublishReceipt = { topic: 'a', qos: 1, packetId: sent!.packetId, roundTrip: 250, ...said };
    expect([publish.values, publish.completed]).to.deep.equal([[receipt], true]);
  });

  it('should give a receipt at QoS 2 on PUBCOMP, not before [MQTT-4.3.3-1]', async () => {
    const { client, server } = await on.online();
    on.broker.auto = false;
    const publish = watch(client.publish('a', 'x', { qos: 2 }));
    await on.settle();
    const { packetId } = server.take('publish')[0]!;
    server.send({ type: 'pubrec', packetId });
    await on.settle();
    expect(publish.values).to.deep.equal([]);
    expect(server.take('pubrel')).to.deep.equal([{ type: 'pubrel', packetId }]);
    server.send({ type: 'pubcomp', packetId });
    await on.settle();
    expect([publish.values[0]?.packetId, publish.completed]).to.deep.equal([packetId, true]);
  });

  it('should have a promise form', async () => {
    const { client } = await on.online();
    expect(await firstValueFrom(client.publish('a', undefined, { qos: 2 }))).to.include({ topic: 'a', qos: 2 });
  });

  it('should take text, bytes, or nothing', async () => {
    const { client, server } = await on.online();
    for (const payload of ['ü', Uint8Array.of(1, 2), Buffer.from('b'), undefined, ''])
      watch(client.publish('a', payload));
    await on.settle();
    expect(server.take('publish').map(({ payload }) => [...payload])).to.deep.equal([[195, 188], [1, 2], [98], [], []]);
  });

  it('should write a large payload as it is', async () => {
    const { client, server } = await on.online();
    const big = new Uint8Array(200_000).fill(7);
    const all = watch(
      merge(
        client.publish('a', '1', { qos: 1 }),
        client.publish('b', big, { qos: 1 }),
        client.publish('c', '3', { qos: 1 }),
      ),
    );
    await on.settle();
    expect(server.take('publish').map(({ topic, payload }) => [topic, payload.length])).to.deep.equal([['a', 1], ['b', 200_000], ['c', 1]]); // prettier-ignore
    expect(all.completed).to.equal(true);
  });

  it('should write the packets of one turn in one write', async () => {
    const { client, server } = await on.online();
    const before = server.writes;
    for (let i = 0; i < 50; i++) watch(client.publish('a', String(i)));
    await on.settle();
    expect([server.take('publish').length, server.writes - before]).to.deep.equal([50, 1]);
  });

  const bad: [string, unknown, unknown, object, string][] = [
    ['a wildcard in the topic', 'a/+/b', 'x', {}, 'INVALID_TOPIC'],
    ['an empty topic', '', 'x', {}, 'INVALID_TOPIC'],
    ['a topic over 65,535 bytes', 'ü'.repeat(32_768), 'x', {}, 'INVALID_TOPIC'],
    ['a topic that is none', 7, 'x', {}, 'INVALID_TOPIC'],
    ['no topic', undefined, 'x', {}, 'INVALID_TOPIC'],
    ['U+0000 in the topic', 'a\0', 'x', {}, 'INVALID_TOPIC'],
    ['QoS 3', 'a', 'x', { qos: 3 }, 'INVALID_ARGUMENT'],
    ['a retain that is none', 'a', 'x', { retain: 1 }, 'INVALID_ARGUMENT'],
    ['a payload that is an object', 'a', { x: 1 }, {}, 'INVALID_ARGUMENT'],
    ['a payload that is null', 'a', null, {}, 'INVALID_ARGUMENT'],
    [
      'a payload that is too large',
      'a',
      Object.create(Uint8Array.prototype, { length: { value: 268_435_456 } }),
      {},
      'PACKET_TOO_LARGE',
    ],
  ];
  for (const [what, topic, payload, options, code] of bad) {
    it(`should answer ${what} with an error notification, however often, and send nothing`, async () => {
      const { client, server } = await on.online();
      const publishes: Watched<unknown>[] = [];
      const publish = () => publishes.push(watch(client.publish(topic as string, payload as string, options)));
      for (let i = 0; i < 2; i++) expect(publish).not.to.throw();
      expect(codes(publishes)).to.deep.equal([code, code]);
      await on.settle();
      expect(server.take()).to.deep.equal([]);
    });
  }

  // ─── order and limits ───

  it('should send in the order of subscription, across QoS levels and reconnects', async () => {
    const client = on.client({ cleanSession: false });
    const names = Array.from({ length: 30 }, (_, i) => String(i));
    names.slice(0, 10).forEach((n, i) => watch(client.publish('a', n, { qos: (i % 3) as QoS })));
    await on.settle();
    names.slice(10, 20).forEach((n, i) => watch(client.publish('a', n, { qos: (i % 3) as QoS })));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.settle();
    names.slice(20).forEach((n, i) => watch(client.publish('a', n, { qos: (i % 3) as QoS })));
    await on.tick(1_000);
    expect(texts(on.broker.connections.flatMap((server) => server.take('publish')))).to.deep.equal(names);
  });

  it('should send what is published inside a completion after what is queued already', async () => {
    const { client, server } = await on.online();
    client.publish('a', '1', { qos: 1 }).subscribe({ complete: () => watch(client.publish('a', '3')) });
    watch(client.publish('a', '2', { qos: 1 }));
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['1', '2', '3']);
  });

  it('should keep to maxInflight, in order', async () => {
    const { client, server } = await on.online({ maxInflight: 2 });
    on.broker.silentOn.add('publish');
    const all = [1, 2, 3, 4].map((n) => watch(client.publish('a', String(n), { qos: 1 })));
    await on.settle();
    const [first, second, ...more] = server.take('publish');
    expect([texts([first!, second!]), more]).to.deep.equal([['1', '2'], []]);
    server.send({ type: 'puback', packetId: second!.packetId });
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['3']);
    expect(codes(all)).to.deep.equal(['open', 'done', 'open', 'open']);
  });

  it('should let ping and acknowledgements pass while publishes wait', async () => {
    const { client, server } = await on.online({ maxInflight: 1 });
    on.broker.silentOn.add('publish');
    watch(client.publish('a', '1', { qos: 1 }));
    watch(client.publish('a', '2', { qos: 1 }));
    const ping = watch(client.ping());
    server.send(message('b', 'x', { qos: 1, packetId: 5 }));
    await on.settle();
    expect([ping.completed, server.take('puback').length]).to.deep.equal([true, 1]);
  });

  // ─── leaving early ───

  it('should take a publish out of the queue that is unsubscribed before it is written', async () => {
    const client = on.client();
    on.broker.connack = 'silent';
    const [, withdrawn] = ['1', '2', '3'].map((n) => watch(client.publish('a', n, { qos: 1 })));
    await on.settle();
    withdrawn!.unsubscribe();
    on.broker.current.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
    await on.settle();
    expect(texts(on.broker.current.take('publish'))).to.deep.equal(['1', '3']);
  });

  it('should finish the exchange of a publish that is unsubscribed in flight', async () => {
    const { client, server } = await on.online();
    on.broker.auto = false;
    const publish = watch(client.publish('a', '1', { qos: 2 }));
    await on.settle();
    publish.unsubscribe();
    const { packetId } = server.take('publish')[0]!;
    server.send({ type: 'pubrec', packetId });
    await on.settle();
    expect(server.take('pubrel').length).to.equal(1);
    server.send({ type: 'pubcomp', packetId });
    await on.settle();
    expect([publish.values, publish.ends]).to.deep.equal([[], 0]);
  });

  it('should never send what a timeout gave up while offline', async () => {
    on.broker.dial = 'refuse';
    const client = on.client();
    watch(client.connection$);
    const publish = watch(client.publish('a', '1', { qos: 1 }).pipe(timeout(900)));
    await on.tick(900);
    expect(publish.error).to.be.instanceOf(Error);
    on.broker.dial = 'accept';
    await on.tick(100);
    expect(on.broker.current.take('publish')).to.deep.equal([]);
  });

  // ─── the queue ───

  it('should keep publishes while offline and send them, without DUP', async () => {
    on.broker.dial = 'refuse';
    const client = on.client();
    const all = ([0, 1, 2] as const).map((qos) => watch(client.publish('a', String(qos), { qos })));
    await on.settle();
    expect(codes(all)).to.deep.equal(['open', 'open', 'open']);
    on.broker.dial = 'accept';
    await on.tick(1_000);
    expect(codes(all)).to.deep.equal(['done', 'done', 'done']);
    expect(on.broker.current.take('publish').map(({ dup }) => dup)).to.deep.equal([false, false, false]);
  });

  const overflows = [
    ['error', ['open', 'open', 'QUEUE_OVERFLOW'], ['1', '2']],
    ['drop-newest', ['open', 'open', 'QUEUE_OVERFLOW'], ['1', '2']],
    ['drop-oldest', ['QUEUE_OVERFLOW', 'open', 'open'], ['2', '3']],
  ] as const;
  for (const [overflow, expected, sent] of overflows) {
    it(`should turn somebody away when the queue is full: ${overflow}`, async () => {
      on.broker.dial = 'hang';
      const client = on.client({ queue: { size: 2, overflow }, connectTimeout: 500 });
      const events = watch(client.events$);
      const all = ['1', '2', '3'].map((n) => watch(client.publish('a', n, { qos: 1 })));
      await on.settle();
      expect(codes(all)).to.deep.equal(expected);
      expect(all.some(({ error }) => error instanceof QueueOverflowError)).to.equal(true);
      expect(events.values.filter(({ type }) => type === 'message-dropped').length).to.equal(1);
      on.broker.dial = 'accept';
      await on.tick(1_500);
      expect(texts(on.broker.current.take('publish'))).to.deep.equal(sent);
    });
  }

  it('should fail at once while offline if asked to, and not count what it is online', async () => {
    const client = on.client();
    on.broker.connack = 'silent';
    watch(client.connection$);
    const failed = watch(client.publish('a', '1', { offline: 'fail' }));
    expect(codes([failed])).to.deep.equal(['OFFLINE']);
    await on.settle();
    expect(codes([watch(client.publish('a', '1', { offline: 'fail' }))])).to.deep.equal(['OFFLINE']);
    on.broker.current.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
    await on.settle();
    const sent = watch(client.publish('a', '2', { offline: 'fail' }));
    await on.settle();
    expect([codes([sent]), texts(on.broker.current.take('publish'))]).to.deep.equal([['done'], ['2']]);
  });

  it('should not open a connection for a publish that fails at once', async () => {
    const client = on.client();
    watch(client.publish('a', '1', { offline: 'fail' }));
    await on.tick(60_000);
    expect(on.broker.dials).to.equal(0);
  });

  // ─── the session ───

  it('should repeat what is in flight when the session is there: DUP, the same identifier, in order, at once [MQTT-4.4.0-1] [MQTT-2.3.1-3] [MQTT-3.3.1-1] [MQTT-4.6.0-1] [MQTT5-4.4.0-1]', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.auto = false;
    for (const n of ['1', '2', '3']) watch(client.publish('a', n, { qos: n === '2' ? 2 : 1 }));
    await on.settle();
    const first = on.broker.current.take('publish');
    on.broker.current.send({ type: 'pubrec', packetId: first[1]!.packetId });
    on.broker.current.fail();
    await on.tick(1_000);
    const server = on.broker.current;
    server.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
    await on.settle();
    expect(server.received.slice(1).map((p) => (p.type === 'publish' ? [p.packetId, p.dup] : p.type))).to.deep.equal([
      'pubrel',
      [first[0]!.packetId, true],
      [first[2]!.packetId, true],
    ]);
  });

  it('should publish QoS 1 anew, and settle QoS 2 with a SessionLostError, when the server forgot the session [MQTT5-3.2.2-5]', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('publish');
    const all = ([0, 1, 2] as const).map((qos) => watch(client.publish('a', String(qos), { qos })));
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.current.fail();
    await on.tick(1_000);
    expect(codes(all)).to.deep.equal(['done', 'done', 'SESSION_LOST']);
    expect(on.broker.current.take('publish').map(({ qos, dup }) => [qos, dup])).to.deep.equal([[1, false]]);
  });

  it('should publish QoS 2 anew as well if told to', async () => {
    const { client } = await on.online({ onSessionLost: 'republish' });
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', '2', { qos: 2 }));
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.current.fail();
    await on.tick(1_000);
    expect(codes([publish])).to.deep.equal(['done']);
  });

  it('should let a publish that lost its session be retried at once', async () => {
    const { client } = await on.online();
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', '2', { qos: 2 }).pipe(retry(1)));
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.current.fail();
    await on.tick(1_000);
    expect(codes([publish])).to.deep.equal(['done']);
  });

  // ─── publishEach ───

  it('should give a result for each value of a stream, in order of acknowledgement', async () => {
    const { client, server } = await on.online();
    on.broker.auto = false;
    const values = of(1, 2, 3).pipe(publishEach(client, (n) => ({ topic: `t/${n}`, payload: String(n), qos: 1 })));
    const results = watch(values);
    await on.settle();
    const ids = server.take('publish').map(({ packetId }) => packetId);
    for (const packetId of [ids[2]!, ids[0]!, ids[1]!]) server.send({ type: 'puback', packetId });
    await on.settle();
    expect(results.values.map(({ value, receipt, error }) => [value, receipt?.topic, error])).to.deep.equal([
      [3, 't/3', undefined],
      [1, 't/1', undefined],
      [2, 't/2', undefined],
    ]);
    expect(results.completed).to.equal(true);
  });

  it('should not end the stream for a publish that failed', async () => {
    const { client } = await on.online();
    const results = watch(of('ok', 'not/+', 'ok').pipe(publishEach(client, (topic) => ({ topic }))));
    await on.settle();
    const failed = results.values.filter(({ error }) => error);
    expect([results.values.length, failed.map((r: PublishResult<string>) => r.error?.code)]).to.deep.equal([
      3,
      ['INVALID_TOPIC'],
    ]);
    expect(results.completed).to.equal(true);
  });

  it('should have at most so many publishes unsettled as it was told', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('publish');
    const source = new Subject<string>();
    watch(source.pipe(publishEach(client, (payload) => ({ topic: 'a', payload, qos: 1 }), { concurrency: 2 })));
    for (const n of ['1', '2', '3']) source.next(n);
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['1', '2']);
    expect(watch(EMPTY.pipe(publishEach(client, () => ({ topic: 'a' }), { concurrency: 0 }))).error).to.include({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('should work with forkJoin and concat as any Observable', async () => {
    const { client, server } = await on.online();
    const joined = watch(forkJoin([client.publish('a', '1', { qos: 1 }), client.publish('a', '2', { qos: 2 })]));
    await on.settle();
    const row = watch(concat(client.publish('a', '3'), client.publish('a', '4', { qos: 2 })));
    await on.settle();
    expect([joined.values[0]?.length, row.values.length]).to.deep.equal([2, 2]);
    expect(texts(server.take('publish'))).to.deep.equal(['1', '2', '3', '4']);
  });

  it('should never send what is unsubscribed from by one who had to give way to it', async () => {
    on.broker.dial = 'hang';
    const client = on.client({ queue: { size: 1, overflow: 'drop-oldest' }, connectTimeout: 1_000 });
    const leaves = new Subject<void>();
    client.publish('a', '1').subscribe({ error: () => leaves.next() });
    const second = watch(client.publish('a', '2').pipe(takeUntil(leaves)));
    const held = watch(client.connection$);
    on.broker.dial = 'accept';
    await on.tick(5_000);
    expect([second.completed, held.values.length]).to.deep.equal([true, 1]);
    expect(on.broker.current.take('publish')).to.deep.equal([]);
  });
});
