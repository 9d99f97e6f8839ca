import { expect } from 'chai';
import { KeepAliveTimeoutError, ReceiveOverflowError } from '../../lib/index.js';
import type { PublishPacket, QoS } from '../../lib/packet/Packet.js';
import { message as packet, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const MANUAL = { qos: 1, acknowledge: 'manual' } as const;

const message = (topic: string, packetId: number, qos: QoS = 1): PublishPacket =>
  packet(topic, String(packetId), { qos, packetId: qos && packetId });

const many = (count: number, qos: QoS = 1, topic = 'a') =>
  Array.from({ length: count }, (_, i) => message(topic, i + 1, qos));

clientSpecs('backpressure', (on) => {
  // An MQTT 5 server stops by itself at QoS 1 and 2.
  const floods: QoS[] = on.version === 5 ? [0] : [0, 1, 2];

  for (const qos of floods) {
    it(`should take no more than receiveMaximum messages of QoS ${qos} at a time, and read on when some are acknowledged`, async () => {
      const { client, server } = await on.online({ receiveMaximum: 3 });
      const heard = watch(client.topic$('a', { ...MANUAL, qos }));
      const events = watch(client.events$);
      await on.settle();
      server.send(...many(5, qos));
      server.send(...many(10, qos).slice(5));
      await on.settle();
      expect(texts(heard.values)).to.deep.equal(['1', '2', '3']);
      heard.values[0]!.acknowledge();
      await on.settle();
      expect(texts(heard.values)).to.deep.equal(['1', '2', '3', '4']);
      for (const one of heard.values) one.acknowledge();
      await on.settle();
      for (let i = 4; i < 10; i++) {
        expect(heard.values.length).to.be.at.most(i + 3);
        heard.values[i]!.acknowledge();
        await on.settle();
      }
      expect(texts(heard.values)).to.deep.equal(texts(many(10)));
      const turns = events.values.map(({ type }) => type).filter((type) => type === 'paused' || type === 'reading');
      expect([turns[0], turns[1], turns.at(-1)]).to.deep.equal(['paused', 'reading', 'reading']);
    });
  }

  if (on.version === 5) {
    it('should read no further from a server that sends more than it was told, once it has lost a connection by that', async () => {
      const { client, server, held } = await on.online({ receiveMaximum: 2, cleanSession: false });
      const heard = watch(client.topic$('a', MANUAL));
      await on.settle();
      server.send(...many(3));
      await on.settle();
      expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x93 }]);
      on.broker.connack = { sessionPresent: true };
      await on.tick(1_000);
      on.broker.current.send(...many(5).map((one) => ({ ...one, dup: true })));
      await on.settle();
      expect(texts(heard.values)).to.deep.equal(['1', '2', '1', '2']);
      for (let i = 2; i < 7; i++) {
        heard.values[i]!.acknowledge(i === 3 ? 0x83 : 0);
        await on.settle();
      }
      const acknowledged = on.broker.current
        .take('puback')
        .map(({ packetId, reasonCode }) => [packetId, reasonCode ?? 0]);
      expect(acknowledged).to.deep.equal([[1, 0], [2, 0x83], [3, 0], [4, 0], [5, 0]]); // prettier-ignore
      expect([on.broker.connections.length, held.ends]).to.deep.equal([2, 0]);
    });
  }

  it('should not stop a fast filter before the window is full', async () => {
    const { client, server } = await on.online({ receiveMaximum: 4 });
    const slow = watch(client.topic$('a', MANUAL));
    const fast = watch(client.topic$('b', { qos: 1 }));
    await on.settle();
    server.send(message('a', 1), message('b', 2), message('b', 3), packet('b', 'at QoS 0'));
    await on.settle();
    expect([slow.values.length, fast.values.length]).to.deep.equal([1, 3]);
    server.send(message('a', 4));
    server.send(packet('b', 'last'));
    await on.settle();
    expect(fast.values.length).to.equal(on.version === 5 ? 4 : 3);
    slow.values[0]!.acknowledge();
    await on.settle();
    expect(fast.values.length).to.equal(4);
    expect(server.take('puback').map(({ packetId }) => packetId)).to.deep.equal([1, 2, 3]);
  });

  it('should ping while it does not read, and not take the broker for dead', async () => {
    const { client, server, held } = await on.online({ receiveMaximum: 1, keepAlive: 10, pingTimeout: 2_000 });
    const heard = watch(client.topic$('a', { ...MANUAL, qos: 0 }));
    const events = watch(client.events$);
    const filter = watch(client.topic$('b')); // SUBACK is not read
    await on.settle();
    server.take();
    server.send(packet('a', '1'), packet('a', '2'));
    const late = watch(client.topic$('c'));
    await on.tick(60_000);
    expect(server.take('pingreq')).to.have.length.of.at.least(5);
    expect([heard.values.length, held.ends, filter.ends, late.ends, on.broker.connections.length]).to.deep.equal([1, 0, 0, 0, 1]); // prettier-ignore
    heard.values[0]!.acknowledge();
    await on.settle();
    heard.values[1]!.acknowledge();
    await on.settle();
    on.broker.silentOn.add('pingreq');
    await on.tick(12_000); // it is read again, and silent
    const lost = events.values.find(({ type }) => type === 'disconnected') as { cause?: unknown };
    expect(lost.cause).to.be.instanceOf(KeepAliveTimeoutError);
  });

  it('should forget that it does not read when the connection is lost', async () => {
    const { client, server } = await on.online({ receiveMaximum: 2, cleanSession: false });
    const heard = watch(client.topic$('a', { ...MANUAL, qos: 2 }));
    await on.settle();
    if (on.version === 4) server.send(...many(5));
    else server.send(...many(2), ...many(3, 0));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    server.fail();
    await on.tick(1_000);
    for (const one of heard.values) if (one.qos === 0) one.acknowledge(); // it is still in hand
    await on.settle();
    on.broker.current.send(...many(2).map((one) => ({ ...one, dup: true })));
    await on.settle();
    const [first, second] = heard.values.slice(-2);
    expect(texts([first!, second!])).to.deep.equal(['1', '2']);
    first!.acknowledge();
    second!.acknowledge();
    await on.settle();
    expect(on.broker.current.take('puback').map(({ packetId }) => packetId)).to.deep.equal([1, 2]);
  });

  it('should count messages of QoS 0 in hand across connections', async () => {
    const { client, server } = await on.online({ receiveMaximum: 1, cleanSession: false });
    const heard = watch(client.topic$('a', { ...MANUAL, qos: 0 }));
    await on.settle();
    server.send(packet('a', '1'));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    server.fail();
    await on.tick(1_000);
    on.broker.current.send(packet('a', '2'));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1']);
    heard.values[0]!.acknowledge();
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2']);
  });

  it('should read on when the slow listener leaves', async () => {
    const { client, server } = await on.online({ receiveMaximum: 2 });
    const slow = watch(client.topic$('a', { ...MANUAL, qos: 0 }));
    const other = watch(client.topic$('b'));
    await on.settle();
    server.send(...many(3, 0), packet('b'));
    await on.settle();
    expect([slow.values.length, other.values.length]).to.deep.equal([2, 0]);
    slow.unsubscribe();
    await on.settle();
    expect(other.values.length).to.equal(1);
  });

  it('should keep receiveQueue bytes of what cannot be stopped, then begin anew and say why', async () => {
    on.broker.isPausable = false;
    const { client, server, held } = await on.online({ receiveMaximum: 1, receiveQueue: 100, cleanSession: false });
    const heard = watch(client.topic$('a', { ...MANUAL, qos: 0 }));
    const events = watch(client.events$);
    await on.settle();
    server.send(...many(1, 0));
    const size = on.version === 5 ? 7 : 6;
    const fitting = Math.floor(100 / size);
    for (let i = 0; i < fitting; i++) server.send(packet('a', 'x'));
    await on.settle();
    for (let i = 0; i <= fitting; i++) {
      heard.values[i]!.acknowledge();
      await on.settle();
    }
    expect([heard.values.length, server.open]).to.deep.equal([fitting + 1, true]);
    server.send(packet('a', 'one'));
    for (let i = 0; i <= fitting; i++) server.send(packet('a', 'x'));
    await on.settle();
    const lost = events.values.find(({ type }) => type === 'disconnected') as { cause?: unknown };
    expect(lost.cause)
      .to.be.instanceOf(ReceiveOverflowError)
      .with.property('message')
      .match(/bytes wait to be read, and 100 may, because the application is behind: acknowledge messages sooner/);
    if (on.version === 5) expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x96 }]);
    await on.tick(1_000);
    expect([held.ends, on.broker.connections.length]).to.deep.equal([0, 2]);
  });

  it('should hold nobody up who does not acknowledge by hand', async () => {
    const { client, server } = await on.online({ receiveMaximum: 1 });
    const heard = watch(client.topic$('a'));
    await on.settle();
    server.send(...many(100, 0));
    await on.settle();
    expect(heard.values.length).to.equal(100);
  });
});
