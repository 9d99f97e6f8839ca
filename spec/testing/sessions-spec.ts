import { expect } from 'chai';
import { Subject } from 'rxjs';
import { NotSupportedError, backoff } from '../../lib/index.js';
import type { ConnackPacket } from '../../lib/packet/Packet.js';
import { testBroker } from '../../lib/testing.js';
import { kitSpecs } from '../support/kitStage.js';
import { publishOf, rogue } from '../support/rogue.js';
import { texts } from '../support/message.js';
import { watch } from '../support/watch.js';

kitSpecs('what the test broker keeps', (on) => {
  const lasting = (sessionExpiryInterval: number) =>
    ({ cleanSession: false, ...(on.version === 5 ? { sessionExpiryInterval } : {}) }) as const;

  it('should be the messages for a session whose client is away, and what is unacknowledged', async () => {
    const { broker } = on;
    const first = on.client({ clientId: 'a', ...lasting(1_000) });
    watch(first.subscribe('t', { qos: 2 }));
    await broker.settled();
    watch(first.end());
    await broker.settled();
    expect(broker.clients).to.deep.equal([]);
    expect(broker.subscriptions).to.have.length(1);
    for (const qos of [0, 1, 2] as const) broker.publish('t', `at ${qos}`, { qos });
    const second = on.client({ clientId: 'a', ...lasting(1_000) });
    const seen = watch(second.messages$());
    const connections = watch(second.connection$);
    await broker.settled();
    expect(connections.values[0]).to.include({ sessionPresent: true });
    expect(seen.values.map((message) => message.text())).to.deep.equal(['at 1', 'at 2']);
    watch(second.end());
    await broker.settled();
    broker.verify();
  });

  it('should be given again what a client did not acknowledge, with DUP, in order', () => {
    const broker = testBroker();
    const connect = { cleanStart: false, ...(on.version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}) };
    const first = rogue(broker, on.version, connect);
    first.send({ type: 'subscribe', packetId: 1, subscriptions: [{ filter: '#', qos: 2 }] });
    broker.publish('a', '', { qos: 1 });
    broker.publish('b', '', { qos: 2 });
    broker.publish('c', '', { qos: 2 });
    first.send({ type: 'pubrec', packetId: 2 });
    first.hangUp();
    expect(() => broker.verify()).to.throw(
      /"rogue" has not acknowledged message 1, to "a"\n- .* completed \(PUBCOMP\) message 2, to "b"\n- .* acknowledged message 3/,
    );
    const second = rogue(broker, on.version, connect);
    const again = second.received.map((packet) => [packet.type, 'packetId' in packet && packet.packetId, 'dup' in packet && packet.dup]); // prettier-ignore
    expect(again).to.deep.equal([
      ['connack', false, false],
      ['publish', 1, true],
      ['pubrel', 2, false],
      ['publish', 3, true],
    ]);
    second.send({ type: 'puback', packetId: 1 }, { type: 'pubcomp', packetId: 2 }, { type: 'pubrec', packetId: 3 });
    expect(broker.acknowledged().map(({ topic, reasonCode }) => [topic, reasonCode])).to.deep.equal([['a', 0], ['b', 0]]); // prettier-ignore
    second.send({ type: 'pubcomp', packetId: 3 }, { type: 'unsubscribe', packetId: 1, filters: ['#'] });
    second.send(publishOf({ qos: 2, packetId: 9 }));
    expect(() => broker.verify()).to.throw(/has not released message 9 \(PUBREL\)/);
    second.send({ type: 'pubrel', packetId: 9 });
    broker.verify();
  });

  it('should be what a client abandoned, which holds up nothing behind it, until its next connection', async () => {
    const { client } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('t', { qos: 2, acknowledge: 'manual' }));
    const acknowledged = () => texts(on.broker.acknowledged());
    await on.settle();
    for (const qos of [1, 2] as const) {
      for (const text of ['left', 'done']) on.broker.publish('t', `${text} at QoS ${qos}`, { qos });
    }
    await on.settle();
    for (const message of heard.values) {
      if (message.text().startsWith('left')) message.abandon();
      else message.acknowledge();
    }
    await on.settle();
    expect(acknowledged()).to.deep.equal(['done at QoS 1', 'done at QoS 2']);
    on.broker.drop();
    await on.tick(1_000);
    const again = heard.values.slice(4);
    expect(again.map((message) => [message.text(), message.dup])).to.deep.equal([
      ['left at QoS 1', true],
      ['left at QoS 2', true],
    ]);
    for (const message of again) message.acknowledge();
    await on.settle();
    expect(acknowledged().slice(2)).to.deep.equal(['left at QoS 1', 'left at QoS 2']);
  });

  it('should be one client for one identifier', async () => {
    const { broker } = on;
    const retryWhen = backoff({ retries: 0 });
    const first = watch(on.client({ clientId: 'a', retryWhen }).connection$);
    await broker.settled();
    const second = watch(on.client({ clientId: 'a' }).connection$);
    await broker.settled();
    const code = on.version === 5 ? 'SERVER_DISCONNECT' : 'CONNECTION_LOST';
    expect(first.error).to.include({ code });
    if (on.version === 5) expect(first.error).to.include({ reasonCode: 0x8e });
    expect(second.ends).to.equal(0);
    expect(broker.clients).to.have.length(1);
  });

  it('should be shared out among a group', async () => {
    const { broker } = on;
    const all = new Subject<string>();
    const seen = watch(all);
    for (const name of ['x', 'y']) {
      on.client({ clientId: name })
        .topic$('$share/group/job/#', { qos: 1 })
        .subscribe((message) => all.next(`${name} ${message.text()}`));
    }
    await broker.settled();
    for (const text of ['1', '2', '3']) broker.publish('job/a', text, { qos: 1 });
    await broker.settled();
    expect(seen.values).to.have.members(['x 1', 'y 2', 'x 3']);
  });

  it('should not let a message overtake another that a listener publishes', async () => {
    const { broker } = on;
    const [first, second] = [on.client({ clientId: 'a' }), on.client({ clientId: 'b' })];
    first.topic$('t').subscribe((message) => {
      if (message.text() === '1') broker.publish('t', '2');
    });
    const seen = watch(second.topic$('t'));
    await broker.settled();
    broker.publish('t', '1');
    await broker.settled();
    expect(seen.values.map((message) => message.text())).to.deep.equal(['1', '2']);
  });
});

kitSpecs(
  'MQTT 5 at the test broker',
  (on) => {
    const lasting = (sessionExpiryInterval: number) => ({ cleanSession: false, sessionExpiryInterval }) as const;

    it('should let sessions live as long as they asked for, at most as long as the broker allows', async () => {
      const broker = on.start({ sessionExpiryInterval: 100 });
      for (const [wanted, wait, isThere] of [
        [50, 49, true],
        [50, 51, false],
        [500, 99, true],
        [500, 101, false],
      ] as const) {
        // prettier-ignore
        const clientId = `${wanted}-${wait}`;
        const first = on.client({ clientId, ...lasting(wanted) });
        watch(first.subscribe('t'));
        await broker.settled();
        watch(first.end());
        await on.tick(wait * 1_000);
        const back = watch(on.client({ clientId, ...lasting(wanted) }).connection$);
        await broker.settled();
        expect(back.values[0], clientId).to.include({ sessionPresent: isThere });
        expect(back.values[0]!.properties!.sessionExpiryInterval).to.equal(Math.min(wanted, 100));
      }
    });

    it('should publish a will after its delay, unless the client is back, or when the session ends', async () => {
      const { broker } = on;
      const mortal = (clientId: string, willDelayInterval: number, expiry: number) => {
        const will = { topic: `gone/${clientId}`, payload: '', properties: { willDelayInterval } };
        const retryWhen = backoff({ retries: 0 });
        watch(on.client({ clientId, will, retryWhen, ...lasting(expiry) }).connection$);
      };
      mortal('delayed', 20, 100);
      mortal('expired', 50, 10);
      mortal('back', 30, 100);
      await broker.settled();
      broker.drop();
      const gone = () => broker.published('gone/+').map(({ topic }) => topic.slice(5));
      await on.tick(9_900);
      expect(gone()).to.deep.equal([]);
      await on.tick(200);
      expect(gone()).to.deep.equal(['expired']);
      await on.tick(10_000);
      expect(gone()).to.deep.equal(['expired', 'delayed']);
      mortal('back', 30, 100);
      await on.tick(60_000);
      expect(gone()).to.deep.equal(['expired', 'delayed']);
    });

    it('should send what is left of an expiry interval, and nothing that is over', async () => {
      const { broker } = on;
      const messageExpiryInterval = 60;
      broker.publish('short', 'x', { retain: true, properties: { messageExpiryInterval: 10 } });
      broker.publish('long', 'x', { retain: true, properties: { messageExpiryInterval } });
      await on.tick(20_000);
      const seen = watch(on.client().topic$('#'));
      await broker.settled();
      expect(seen.values.map(({ topic, properties }) => [topic, properties.messageExpiryInterval])).to.deep.equal([['long', 40]]); // prettier-ignore
    });

    it('should say its limits, and the client obey them', async () => {
      const broker = on.start({ maximumQoS: 1, retainAvailable: false, receiveMaximum: 1, serverKeepAlive: 30 });
      const client = on.client();
      const connections = watch(client.connection$);
      const receipts = ['1', '2', '3'].map((text) => watch(client.publish('t', text, { qos: 1 })));
      const [qos2, retained] = [
        watch(client.publish('t', '', { qos: 2 })),
        watch(client.publish('t', '', { retain: true })),
      ];
      await broker.settled();
      expect(connections.values[0]!.properties).to.include({ maximumQoS: 1, retainAvailable: false, receiveMaximum: 1, serverKeepAlive: 30 }); // prettier-ignore
      expect(receipts.map(({ completed }) => completed)).to.deep.equal([true, true, true]);
      for (const { error } of [qos2, retained]) expect(error).to.be.instanceOf(NotSupportedError);
    });

    it('should keep to the limits of the client', async () => {
      const { broker } = on;
      const client = on.client({ maxPacketSize: 200, topicAliasMaximum: 1, receiveMaximum: 2 });
      const sent = watch(client.events$);
      const seen = watch(client.topic$('#', { qos: 1 }));
      await broker.settled();
      for (const topic of ['a', 'a', 'b', 'a']) broker.publish(topic, 'small', { qos: 1 });
      broker.publish('large', new Uint8Array(300), { qos: 1 });
      broker.publish('c', 'small', { qos: 1 });
      await broker.settled();
      expect(seen.values.map(({ topic }) => topic)).to.deep.equal(['a', 'a', 'b', 'a', 'c']);
      const aliases = sent.values.flatMap((event) =>
        event.type === 'packet-received' && event.packet.type === 'publish'
          ? [[event.packet.topic, event.packet.properties?.topicAlias]]
          : [],
      );
      expect(aliases).to.deep.equal([['a', 1], ['', 1], ['b', undefined], ['', 1], ['c', undefined]]); // prettier-ignore
    });

    it('should refuse enhanced authentication unless it is asked for it', async () => {
      const seen: string[] = [];
      const text = new TextDecoder();
      const broker = on.start({
        authentication: {
          method: 'dance',
          respond(data) {
            seen.push(text.decode(data));
            return seen.at(-1) === 'hello' ? new TextEncoder().encode('who?') : seen.at(-1) === 'me';
          },
        },
      });
      const authentication = (method: string, answer: string) => ({
        method,
        data: new TextEncoder().encode('hello'),
        respond: (challenge: Uint8Array | undefined) =>
          challenge ? [new TextEncoder().encode(answer)] : [new TextEncoder().encode('hello')],
      });
      const outcome = async (clientId: string, method: string, answer: string) => {
        const client = on.client({ clientId, authentication: authentication(method, answer) });
        const { error, values } = watch(client.connection$);
        const watched = watch(client.connection$);
        await broker.settled();
        return { client, error: watched.error ?? error, count: values.length };
      };
      const { client, count } = await outcome('a', 'dance', 'me');
      expect(count).to.equal(1);
      expect(seen).to.deep.equal(['hello', 'me']);
      const again = watch(client.reauthenticate());
      await broker.settled();
      expect(again.completed).to.equal(true);
      expect((await outcome('b', 'dance', 'nobody')).error).to.include({ reasonCode: 0x87 });
      expect((await outcome('c', 'waltz', 'me')).error).to.include({ reasonCode: 0x8c });
    });

    it('should end enhanced authentication with data, which a client may check', () => {
      const bytes = (text: string) => new TextEncoder().encode(text);
      const method = 'dance';
      const broker = testBroker({ authentication: { method, respond: () => ({ success: bytes('proof') }) } });
      const client = rogue(broker, 5, { properties: { authenticationMethod: method } });
      const { received } = client;
      const proof = { authenticationMethod: method, authenticationData: bytes('proof') };
      expect(received[0]).to.include({ type: 'connack', reasonCode: 0 });
      expect((received[0] as ConnackPacket).properties).to.deep.include(proof);
      client.send({ type: 'auth', reasonCode: 0x19, properties: { authenticationMethod: method } });
      expect(received[1]).to.deep.include({ type: 'auth', reasonCode: 0, properties: proof });
      client.hangUp();
    });
  },
  [5],
);
