import { expect } from 'chai';
import { type Observable, filter, firstValueFrom, merge, take } from 'rxjs';
import {
  type ClientState,
  ClientEndedError,
  ConnectionLostError,
  type Message,
  type MqttClient,
  backoff,
} from '../../lib/index.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { BROKERS_AND_EJABBERD, brokerStage } from '../support/brokerStage.js';
import { describeWith } from '../support/describeWith.js';

const textOf = (message: Message) => message.text();

/** Resolves when the client is in this state, or comes into it. */
function reached(client: MqttClient, status: ClientState['status']): Promise<ClientState> {
  return firstValueFrom(client.state$.pipe(filter((state) => state.status === status)));
}

/** Ends the client, and resolves when the broker has done what follows from it. */
async function ended(client: MqttClient, closedByBroker$: Observable<void>): Promise<void> {
  const closed = firstValueFrom(closedByBroker$);
  await record(client.end()).first(1);
  await closed;
}

for (const { kind, version, name, needs, user } of BROKERS_AND_EJABBERD) {
  describeWith(needs, `a session at ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage(version, user);

    it('should end with its connection when it is a clean one [MQTT-3.1.2-6]', async () => {
      const { url } = await on.broker(kind);
      for (let i = 0; i < 2; i++) {
        const client = on.client(url, { clientId: 'clean' });
        const connection = { clientId: 'clean', server: url, sessionPresent: false, protocolVersion: version };
        const { properties, ...rest } = await firstValueFrom(client.connection$);
        expect(rest).to.deep.equal(connection);
        expect(properties?.sessionExpiryInterval).to.equal(version === 5 ? 0 : undefined);
        await firstValueFrom(client.subscribe('a', { qos: 1 }));
        await record(client.end()).first(1);
      }
    });

    it('should let the broker choose an identifier for an empty one [MQTT-3.1.3-6]', async () => {
      const { url } = await on.broker(kind);
      const clients = [on.client(url, { clientId: '' }), on.client(url, { clientId: '' })];
      const received = clients.map((client) => record(client.topic$('a', { qos: 1 })));
      await Promise.all(clients.map((client) => granted(client, 'a'))); // under one identifier one would oust the other
      await firstValueFrom(clients[0]!.publish('a', 'x', { qos: 1 }));
      for (const recording of received) expect((await recording.first(1)).map(textOf)).to.deep.equal(['x']);
    });

    it('should collect after end() for a topic$ that was heard, until the client is back [MQTT-3.1.2-5]', async () => {
      const { url } = await on.broker(kind);
      const before = on.client(url, { clientId: 'reader', cleanSession: false });
      const heard = record(before.topic$('news/#', { qos: 1 }));
      await granted(before, 'news/#');
      await record(before.end()).first(1);
      expect(await heard.first(1)).to.deep.equal([]); // it completed

      const writer = on.client(url);
      for (const text of ['1', '2', '3']) await firstValueFrom(writer.publish('news/a', text, { qos: 1 }));
      const after = on.client(url, { clientId: 'reader', cleanSession: false });
      const received = record(after.topic$('news/#', { qos: 1 }));
      const [connection] = await record(after.connection$).first(1);
      expect(connection).to.have.property('sessionPresent', true);
      expect((await received.first(3)).map(textOf)).to.deep.equal(['1', '2', '3']);
    });

    it('should collect for durable subscriptions, whoever listens, until they are given up', async () => {
      const { url } = await on.broker(kind);
      const options = { clientId: 'reader', cleanSession: false };
      const first = on.client(url, options);
      await firstValueFrom(first.subscribe(['a', 'b'], { qos: 2 }));
      await record(first.end()).first(1);

      const writer = on.client(url);
      for (const topic of ['a', 'b']) await firstValueFrom(writer.publish(topic, '1', { qos: 2 }));
      const second = on.client(url, options);
      const received = record(second.messages$());
      await record(second.unsubscribe('a')).first(1);
      expect((await received.first(2)).map(({ topic, qos }) => [topic, qos])).to.deep.equal([['a', 2], ['b', 2]]); // prettier-ignore
      await record(second.end()).first(1);

      for (const topic of ['a', 'b']) await firstValueFrom(writer.publish(topic, '2', { qos: 2 }));
      const third = on.client(url, options);
      const collected = record(third.messages$());
      record(third.connection$);
      expect((await collected.first(1)).map(({ topic }) => topic)).to.deep.equal(['b']);
    });

    it('should begin clean and be resumed from then on with cleanSession: first', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const old = on.client(broker.url, { clientId: 'reader', cleanSession: false });
      await firstValueFrom(old.subscribe('old', { qos: 1 }));
      await record(old.end()).first(1);

      const client = on.client(proxy.url, { clientId: 'reader', cleanSession: 'first' });
      const connections = record(client.connection$);
      record(client.subscribe('a', { qos: 1 })); // aedes calls a session without a subscription none
      for (let i = 1; i <= 2; i++) {
        await connections.first(i);
        await granted(client, 'a');
        proxy.cut();
      }
      const present = (await connections.first(3)).map(({ sessionPresent }) => sessionPresent);
      // 3.1.1: a clean one ends with its connection: what the first left behind is nothing, the second leaves a session.
      // MQTT 5 can say of the first one that it begins clean and is kept.
      expect(present).to.deep.equal([false, version === 5, true]);
    });

    it('should keep for a topic$ what was published while the network was down', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const reader = on.client(proxy.url, { clientId: 'reader', cleanSession: false });
      const received = record(reader.topic$('n', { qos: 2 }));
      await granted(reader, 'n');
      const writer = on.client(broker.url);
      await firstValueFrom(writer.publish('n', '1', { qos: 2 }));
      await received.first(1);

      proxy.refuse(true);
      proxy.cut();
      await reached(reader, 'waiting');
      for (const text of ['2', '3']) await firstValueFrom(writer.publish('n', text, { qos: 2 }));
      proxy.refuse(false);
      await received.first(3);
      await firstValueFrom(writer.publish('n', '4', { qos: 2 }));
      expect((await received.first(4)).map(textOf)).to.deep.equal(['1', '2', '3', '4']);
    });

    // MQTT 5 can say that a session was taken over: see mqtt5-spec.ts.
    if (version === 4) {
      it('should be taken over by a second client of the same name, and taken back [MQTT-3.1.4-2]', async () => {
        const { url } = await on.broker(kind);
        const options = { clientId: 'twin', cleanSession: false };
        const first = on.client(url, options);
        const connections = record(first.connection$);
        await firstValueFrom(first.subscribe('b', { qos: 1 })); // aedes calls a session without a subscription none
        const failures = record(first.events$.pipe(filter((event) => event.type === 'disconnected')));
        await connections.first(1);

        const second = on.client(url, { ...options, retryWhen: backoff({ retries: 0 }) });
        const ousted = record(second.connection$).first(2).catch((error: unknown) => error); // prettier-ignore
        expect((await failures.first(1))[0]!.cause).to.be.instanceOf(ConnectionLostError);
        expect(await ousted).to.be.instanceOf(ConnectionLostError);
        expect((await connections.first(2))[1]).to.have.property('sessionPresent', true);
        await firstValueFrom(first.publish('a', 'still here', { qos: 2 }));
      });

      it('should change hands as long as two clients want it, and lose nothing of either', async () => {
        const { url } = await on.broker(kind);
        const options = { clientId: 'twin', cleanSession: false };
        const [first, second] = [on.client(url, options), on.client(url, options)];
        const connections = record(first.connection$);
        record(second.connection$);
        await connections.first(4);
        const published = merge(first.publish('a', '1', { qos: 1 }), second.publish('a', '2', { qos: 1 }));
        expect(await record(published).first(2)).to.have.length(2);
        await record(second.end()).first(1);
        await firstValueFrom(first.publish('a', '3', { qos: 1 }));
      });
    }

    it('should publish the will when the socket is killed [MQTT-3.1.2-8]', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const watcher = on.client(broker.url);
      const received = record(watcher.topic$('will/+', { qos: 1 }));
      await granted(watcher, 'will/+');
      const will = { topic: 'will/a', payload: 'gone', qos: 1, retain: true } as const;
      const client = on.client(proxy.url, { will, retryWhen: backoff({ retries: 0 }) });
      const lost = record(client.connection$).first(2).catch((error: unknown) => error); // prettier-ignore
      await reached(client, 'online');
      proxy.cut();
      expect((await received.first(1)).map(textOf)).to.deep.equal(['gone']);
      expect(await lost).to.be.instanceOf(ConnectionLostError);
      const late = await firstValueFrom(on.client(broker.url).topic$('will/a'));
      expect([late.text(), late.retain]).to.deep.equal(['gone', true]); // [MQTT-3.1.2-17]
    });

    it('should not publish the will after end() [MQTT-3.14.4-3]', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const watcher = on.client(broker.url);
      const received = record(watcher.topic$('will/+', { qos: 1 }));
      await granted(watcher, 'will/+');
      const client = on.client(proxy.url, { will: { topic: 'will/a', payload: 'gone', qos: 1 } });
      record(client.connection$);
      await reached(client, 'online');
      await ended(client, proxy.closedByBroker$);
      await firstValueFrom(watcher.publish('will/none', 'marker', { qos: 1 }));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['marker']);
    });

    it('should not publish the will when the last holder has gone [MQTT-3.14.4-3]', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const watcher = on.client(broker.url);
      const received = record(watcher.topic$('will/+', { qos: 1 }));
      await granted(watcher, 'will/+');
      const client = on.client(proxy.url, { will: { topic: 'will/a', payload: 'gone', qos: 1 }, linger: 0 });
      const closed = firstValueFrom(proxy.closedByBroker$);
      await firstValueFrom(client.publish('hello', '', { qos: 1 }));
      await closed;
      await firstValueFrom(watcher.publish('will/none', 'marker', { qos: 1 }));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['marker']);
    });

    it('should let end() finish what is in flight, and say of nothing that it is unfinished', async () => {
      const { url } = await on.broker(kind);
      const reader = on.client(url);
      const received = record(reader.topic$('n', { qos: 2 }));
      await granted(reader, 'n');
      const client = on.client(url);
      const numbers = Array.from({ length: 200 }, (_, i) => String(i));
      const receipts = record(merge(...numbers.map((text) => client.publish('n', text, { qos: 2 }))));
      await record(client.end()).first(1);
      expect(await receipts.first(200)).to.have.length(200);
      expect((await received.first(200)).map(textOf)).to.deep.equal(numbers);
      const late = await record(client.publish('n').pipe(take(1))).first(1).catch((error: unknown) => error); // prettier-ignore
      expect(late).to.be.instanceOf(ClientEndedError);
    });
  });
}
