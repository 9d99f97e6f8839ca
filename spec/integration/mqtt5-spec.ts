import { expect } from 'chai';
import { concatMap, firstValueFrom, lastValueFrom, merge } from 'rxjs';
import {
  type Message,
  type MqttClient,
  NotSupportedError,
  PacketTooLargeError,
  PublishRefusedError,
  type QoS,
  ServerDisconnectError,
  backoff,
} from '../../lib/index.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { LIMITED, brokerStage } from '../support/brokerStage.js';
import { describeWith } from '../support/describeWith.js';
import { EJABBERD, EJABBERD_USER } from '../support/ejabberd.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { watch } from '../support/watch.js';

const LEVELS = [0, 1, 2] as const satisfies QoS[];
const textOf = (message: Message) => message.text();
/** Real time: Mosquitto counts in whole seconds, and looks once in each. */
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const failure = (made: Promise<unknown>) =>
  made.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Notes what a client sent and received, and what became of its connections. */
function traffic(client: MqttClient) {
  const events = watch(client.events$).values;
  const packetsOf = (event: string) => () =>
    events.flatMap((one) => (one.type === event ? [(one as unknown as { packet: Packet }).packet] : []));
  return {
    sent: packetsOf('packet-sent'),
    /** How often something happened to a connection. */
    count: (type: string) => events.filter((one) => one.type === type).length,
    /** The most QoS 1 and 2 messages that were unacknowledged at a time, on each connection. */
    mostInFlight() {
      const most: number[] = [];
      const open = new Set<number>();
      for (const event of events) {
        if (event.type !== 'packet-sent' && event.type !== 'packet-received') continue;
        const { packet } = event;
        if (packet.type === 'connect') {
          open.clear();
          most.push(0);
        }
        if (event.type === 'packet-sent' && packet.type === 'publish' && packet.qos > 0) open.add(packet.packetId);
        if (event.type === 'packet-sent' && packet.type === 'pubrel') open.add(packet.packetId);
        if (event.type === 'packet-received' && (packet.type === 'puback' || packet.type === 'pubcomp')) {
          open.delete(packet.packetId);
        }
        most.push(Math.max(most.pop() ?? 0, open.size));
      }
      return most;
    },
  };
}

for (const { kind, name } of LIMITED) {
  describe(`MQTT 5 at ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage(5);

    for (const qos of LEVELS) {
      it(`should bring every property of a message to another client at QoS ${qos}`, async () => {
        const { url } = await on.limited(kind);
        const [reader, writer] = [on.client(url), on.client(url)];
        const received = record(reader.topic$('a', { qos }));
        await granted(reader, 'a');
        const correlationData = Uint8Array.from({ length: 256 }, (_, i) => i);
        const userProperties = [['b', '1'], ['a', ''], ['', '台所'], ['b', '1'], ['b', '2']] as const; // prettier-ignore
        const properties = {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 1_000,
          contentType: 'text/plain',
          responseTopic: 'räume/answer',
          correlationData,
          userProperties,
        } as const;
        await firstValueFrom(writer.publish('a', 'hello', { qos, properties }));
        await firstValueFrom(writer.publish('a', 'bare', { qos }));
        const [message, bare] = await received.first(2);
        const { messageExpiryInterval, correlationData: data, subscriptionIdentifiers, ...rest } = message!.properties;
        expect(message).to.include({ topic: 'a', qos });
        expect(messageExpiryInterval).to.be.within(990, 1_000);
        expect([...data!]).to.deep.equal([...correlationData]);
        expect(rest).to.deep.equal({
          payloadFormatIndicator: 1,
          contentType: 'text/plain',
          responseTopic: 'räume/answer',
          userProperties,
        });
        expect(subscriptionIdentifiers).to.have.length(1);
        expect(bare!.properties).to.deep.equal({ subscriptionIdentifiers });
      });
    }

    it('should carry a request to who answers it, and the answer back', async () => {
      const { url } = await on.limited(kind);
      const [asks, answers] = [on.client(url), on.client(url)];
      const answer$ = answers.topic$('square', { qos: 1 }).pipe(
        concatMap((request) => {
          const { responseTopic, correlationData } = request.properties;
          const answer = String(Number(request.text()) ** 2);
          return answers.publish(responseTopic!, answer, { qos: 1, properties: { correlationData } });
        }),
      );
      const receipts = record(answer$);
      const answered = record(asks.topic$('answers/me', { qos: 1 }));
      await Promise.all([granted(answers, 'square'), granted(asks, 'answers/me')]);
      for (const n of ['3', '4']) {
        const properties = { responseTopic: 'answers/me', correlationData: `question ${n}` };
        await firstValueFrom(asks.publish('square', n, { qos: 1, properties }));
      }
      const seen = (await answered.first(2)).map((message) => [
        new TextDecoder().decode(message.properties.correlationData),
        message.text(),
      ]);
      await receipts.first(2);
      expect(seen).to.deep.equal([['question 3', '9'], ['question 4', '16']]); // prettier-ignore
    });

    it('should tell a late subscriber what is left of a message, and nothing of what is over [MQTT5-3.3.2-6]', async () => {
      const { url } = await on.limited(kind);
      const before = on.client(url, { clientId: 'reader', cleanSession: false });
      await firstValueFrom(before.subscribe('a', { qos: 1 }));
      await record(before.end()).first(1);
      const writer = on.client(url);
      await firstValueFrom(writer.publish('a', 'long', { qos: 1, expiry: 60_000 }));
      await firstValueFrom(writer.publish('a', 'short', { qos: 1, properties: { messageExpiryInterval: 1 } }));
      await firstValueFrom(writer.publish('a', 'for ever', { qos: 1 }));
      await pause(2_100);

      const after = on.client(url, { clientId: 'reader', cleanSession: false });
      const received = record(after.messages$());
      record(after.connection$);
      const messages = await received.first(2);
      expect(messages.map(textOf)).to.deep.equal(['long', 'for ever']);
      const [left, none] = messages.map(({ properties }) => properties.messageExpiryInterval);
      expect(left).to.be.within(40, 58);
      expect(none).to.equal(undefined);
    });

    it('should keep a session as long as its expiry interval says, and no longer [MQTT5-3.1.2-23]', async () => {
      const { url } = await on.limited(kind);
      const session = (sessionExpiryInterval: number) => {
        const clientId = `expires-${sessionExpiryInterval}`;
        return on.client(url, { clientId, cleanSession: false, sessionExpiryInterval });
      };
      const present = (client: MqttClient) => firstValueFrom(client.connection$).then((one) => one.sessionPresent);
      for (const seconds of [1, 60]) {
        const client = session(seconds);
        expect(await present(client)).to.equal(false);
        await record(client.end()).first(1);
      }
      await pause(2_500);
      expect(await Promise.all([1, 60].map((seconds) => present(session(seconds))))).to.deep.equal([false, true]);
    });

    for (const qos of [1, 2] as const) {
      it(`should never have more in flight at QoS ${qos} than the broker takes [MQTT5-3.3.4-9]`, async () => {
        const { url } = await on.limited(kind, { maxInflight: 1 });
        const client = on.client(url);
        const seen = traffic(client);
        const expected = Array.from({ length: 100 }, (_, i) => String(i));
        const reader = on.client(url);
        const received = record(reader.topic$('n', { qos }));
        await granted(reader, 'n');
        await lastValueFrom(merge(...expected.map((text) => client.publish('n', text, { qos }))));
        expect((await received.first(100)).map(textOf)).to.deep.equal(expected);
        expect(seen.mostInFlight()).to.deep.equal([1]);
      });

      it(`should not have more in flight at QoS ${qos} after a drop either, and lose nothing [MQTT5-3.3.4-9]`, async () => {
        const broker = await on.limited(kind, { maxInflight: 5 });
        const proxy = await on.proxy(broker);
        const client = on.client(proxy.url, { clientId: 'writer', cleanSession: false });
        const seen = traffic(client);
        const connections = record(client.connection$);
        const reader = on.client(broker.url);
        const received = record(reader.topic$('n', { qos }));
        await granted(reader, 'n');
        await connections.first(1);
        const expected = Array.from({ length: 100 }, (_, i) => String(i));
        proxy.hold();
        const receipts = record(merge(...expected.map((text) => client.publish('n', text, { qos }))));
        await received.first(qos === 1 ? 5 : 0); // the broker has them, and the client does not know
        for (let cut = 0; cut < 3; cut++) {
          proxy.cut();
          proxy.release();
          await connections.first(cut + 2);
          await receipts.first(20 * (cut + 1));
        }
        await receipts.first(100);
        const texts = new Set((await received.until((message) => message.text() === '99')).map(textOf));
        expect([...texts]).to.deep.equal(expected);
        const most = seen.mostInFlight();
        expect(most).to.have.length(4);
        expect(Math.max(...most)).to.equal(5);
      });
    }

    it('should err alone with a message that is too large for the broker [MQTT5-3.2.2-15]', async () => {
      const { url } = await on.limited(kind, { maxPacketSize: 2_000 });
      const client = on.client(url);
      const seen = traffic(client);
      const received = record(client.topic$('a', { qos: 2 }));
      await granted(client, 'a');
      const outcomes = await Promise.all(
        LEVELS.flatMap((qos) =>
          [10, 3_000, 1_900].map((size) => failure(firstValueFrom(client.publish('a', new Uint8Array(size), { qos })))),
        ),
      );
      for (const [i, error] of outcomes.entries()) {
        if (i % 3 === 1) expect(error).to.be.instanceOf(PacketTooLargeError).with.property('limit', 2_000);
        else expect(error).to.equal(undefined);
      }
      const lengths = (await received.first(6)).map(({ payload }) => payload.length);
      expect(lengths).to.have.members([10, 1_900, 10, 1_900, 10, 1_900]);
      expect(seen.count('disconnected')).to.equal(0);
    });

    for (const qos of LEVELS) {
      it(`should bring 30 topics where they belong by 10 aliases at QoS ${qos}, after a drop as well`, async () => {
        const broker = await on.limited(kind);
        const proxy = await on.proxy(broker);
        const [reader, writer] = [on.client(broker.url), on.client(proxy.url, { clientId: 'w', cleanSession: false })];
        const seen = traffic(writer);
        const received = record(reader.topic$('t/+', { qos }));
        await granted(reader, 't/+');
        const connections = record(writer.connection$);
        // Each twice, and one of a while ago that still has its alias, one that has lost it.
        const numbers = Array.from({ length: 30 }, (_, i) => [i, i, (i + 25) % 30, (i + 15) % 30]).flat();
        for (let round = 0; round < 2; round++) {
          expect((await connections.first(round + 1))[round]!.properties!.topicAliasMaximum).to.equal(10);
          const publishes = numbers.map((n) => writer.publish(`t/${n}`, `t/${n}`, { qos }));
          await lastValueFrom(merge(...publishes));
          const messages = (await received.first((round + 1) * numbers.length)).slice(round * numbers.length);
          expect(messages.map(({ topic }) => topic)).to.deep.equal(numbers.map((n) => `t/${n}`));
          expect(messages.map(textOf)).to.deep.equal(numbers.map((n) => `t/${n}`));
          if (round === 0) proxy.cut();
        }
        const aliases = seen
          .sent()
          .flatMap((packet) => (packet.type === 'publish' ? [packet.properties?.topicAlias] : []));
        expect(new Set(aliases)).to.deep.equal(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
      });
    }

    it('should err with a retained message where the broker keeps none, and alone [MQTT5-3.2.2-14]', async () => {
      const { url } = await on.limited(kind, { retainAvailable: false });
      const client = on.client(url);
      const seen = traffic(client);
      const received = record(client.topic$('a', { qos: 1 }));
      await granted(client, 'a');
      for (const qos of LEVELS) {
        const error = await failure(firstValueFrom(client.publish('a', 'kept', { qos, retain: true })));
        expect(error).to.be.instanceOf(NotSupportedError);
      }
      await firstValueFrom(client.publish('a', 'live', { qos: 1 }));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['live']);
      expect(seen.count('disconnected')).to.equal(0);
    });

    it('should have its will published after the delay, with its properties [MQTT5-3.1.3-9]', async () => {
      const broker = await on.limited(kind);
      const proxy = await on.proxy(broker);
      const watcher = on.client(broker.url);
      const received = record(watcher.topic$('will/+', { qos: 1 }));
      await granted(watcher, 'will/+');
      const userProperties = [['b', '1'], ['a', '2'], ['b', '1']] as const; // prettier-ignore
      const properties = { contentType: 'text/plain', correlationData: 'x', userProperties, willDelayInterval: 2 };
      const will = { topic: 'will/a', payload: 'gone', qos: 1, properties } as const;
      const retryWhen = backoff({ retries: 0 });
      const client = on.client(proxy.url, { clientId: 'mortal', cleanSession: false, will, retryWhen });
      const connections = record(client.connection$);
      await connections.first(1);
      const closed = firstValueFrom(proxy.closedByBroker$);
      proxy.cut();
      await failure(connections.first(2));
      await closed;
      await firstValueFrom(watcher.publish('will/none', 'marker', { qos: 1 }));
      const messages = await received.first(2);
      expect(messages.map(textOf)).to.deep.equal(['marker', 'gone']);
      const { correlationData, contentType, userProperties: pairs } = messages[1]!.properties;
      expect({ contentType, pairs }).to.deep.equal({ contentType: 'text/plain', pairs: userProperties });
      expect(new TextDecoder().decode(correlationData)).to.equal('x');
    });

    it('should not have its will published when it is back before the delay is over [MQTT5-3.1.3-9]', async () => {
      const broker = await on.limited(kind);
      const proxy = await on.proxy(broker);
      const watcher = on.client(broker.url);
      const received = record(watcher.topic$('will/+', { qos: 1 }));
      await granted(watcher, 'will/+');
      const will = { topic: 'will/a', payload: 'gone', qos: 1, properties: { willDelayInterval: 1 } } as const;
      const connections = record(on.client(proxy.url, { clientId: 'immortal', cleanSession: false, will }).connection$);
      await connections.first(1);
      proxy.cut();
      expect((await connections.first(2))[1]).to.include({ sessionPresent: true });
      await pause(2_100);
      await firstValueFrom(watcher.publish('will/none', 'marker', { qos: 1 }));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['marker']);
    });

    it('should say in the receipt that nobody subscribed', async () => {
      const { url } = await on.limited(kind);
      const client = on.client(url);
      await firstValueFrom(client.subscribe('somebody', { qos: 1 }));
      const codes = async (topic: string) => {
        const receipts = LEVELS.map((qos) => firstValueFrom(client.publish(topic, 'x', { qos })));
        return (await Promise.all(receipts)).map(({ reasonCode }) => reasonCode);
      };
      // Mosquitto looks for subscribers of a QoS 2 message when PUBREL comes, and then says nothing of it.
      expect(await codes('nobody')).to.deep.equal([undefined, 0x10, kind === 'Mosquitto' ? 0 : 0x10]);
      expect(await codes('somebody')).to.deep.equal([undefined, 0, 0]);
    });

    it('should keep the identifier that the broker assigned, and its session, after a drop', async () => {
      const broker = await on.limited(kind);
      const proxy = await on.proxy(broker);
      const client = on.client(proxy.url, { clientId: '', cleanSession: false });
      const connections = record(client.connection$);
      const [first] = await connections.first(1);
      expect(first!.clientId).to.equal(first!.properties!.assignedClientIdentifier).and.not.equal('');
      proxy.cut();
      const [, second] = await connections.first(2);
      expect(second).to.include({ clientId: first!.clientId, sessionPresent: true });
    });
  });
}

describeWith(EJABBERD, 'MQTT 5 at ejabberd', function () {
  this.timeout(20_000);
  const on = brokerStage(5, EJABBERD_USER);

  it('should hear that its session was taken over, and not take it back [MQTT5-3.1.4-3]', async () => {
    const { url } = await on.broker('ejabberd');
    const first = on.client(url, { clientId: 'twin', cleanSession: false });
    const seen = traffic(first);
    const connections = record(first.connection$);
    await connections.first(1);
    const second = on.client(url, { clientId: 'twin', cleanSession: false });
    const ofSecond = traffic(second);
    record(second.connection$);
    const error = await failure(connections.first(2));
    expect(error).to.be.instanceOf(ServerDisconnectError).with.property('reasonCode', 0x8e);
    expect(await firstValueFrom(first.state$)).to.include({ status: 'closed' });
    await firstValueFrom(second.publish('a', 'x', { qos: 2 }));
    expect([seen.count('retry'), seen.count('connecting'), ofSecond.count('disconnected')]).to.deep.equal([0, 1, 0]);
  });

  it('should say in the receipt that nobody subscribed', async () => {
    const client = on.client((await on.broker('ejabberd')).url);
    const receipts = LEVELS.map((qos) => firstValueFrom(client.publish('nobody', 'x', { qos })));
    const codes = (await Promise.all(receipts)).map(({ reasonCode }) => reasonCode);
    expect(codes).to.deep.equal([undefined, 0x10, 0x10]);
  });

  it('should err with a message that the broker refuses, and alone', async () => {
    const client = on.client((await on.broker('ejabberd')).url);
    const seen = traffic(client);
    for (const qos of [1, 2] as const) {
      const refused = await failure(firstValueFrom(client.publish('$things/a', 'x', { qos })));
      expect(refused).to.be.instanceOf(PublishRefusedError).that.includes({ topic: '$things/a', reasonCode: 0x90 });
      expect((refused as PublishRefusedError).reasonString).to.contain('forbidden');
    }
    await firstValueFrom(client.publish('a', 'x', { qos: 2 }));
    expect(seen.count('disconnected')).to.equal(0);
  });

  it('should come back when the broker is killed and started again, without its session', async () => {
    const broker = await on.broker('ejabberd');
    const client = on.client(broker.url, { clientId: 'c', cleanSession: false });
    const connections = record(client.connection$);
    const received = record(client.topic$('a', { qos: 2 }));
    await granted(client, 'a');
    await broker.restart();
    expect((await connections.first(2))[1]).to.include({ sessionPresent: false });
    await granted(client, 'a');
    await firstValueFrom(client.publish('a', 'x', { qos: 2 }));
    expect((await received.first(1)).map(textOf)).to.deep.equal(['x']);
  });
});
