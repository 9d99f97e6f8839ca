import { expect } from 'chai';
import { type Observable, filter, firstValueFrom, lastValueFrom, merge, range, toArray } from 'rxjs';
import {
  type ClientState,
  ConnectionFailedError,
  KeepAliveTimeoutError,
  type Message,
  type MqttClient,
  SessionLostError,
  publishEach,
} from '../../lib/index.js';
import { BROKERS, brokerStage } from '../support/brokerStage.js';
import { freePort } from '../support/freePort.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';

const textOf = (message: Message) => message.text();

/** The causes of which a client lost its connection, or did not get one. */
function causes(client: MqttClient): Observable<ClientState & { status: 'waiting' }> {
  return client.state$.pipe(filter((state) => state.status === 'waiting'));
}

for (const { kind, version, name } of BROKERS) {
  describe(`reconnecting to ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage(version);

    it('should wait for a broker that is not there yet, with all that was asked for meanwhile', async () => {
      const port = await freePort();
      const client = on.client(`mqtt://127.0.0.1:${port}`);
      const waiting = record(causes(client));
      const received = record(client.topic$('a', { qos: 1 }));
      const receipts = record(merge(client.publish('a', '1', { qos: 1 }), client.publish('a', '2', { qos: 1 })));
      const [first] = await waiting.first(2);
      expect(first!.cause).to.be.instanceOf(ConnectionFailedError).with.nested.property('cause.code', 'ECONNREFUSED');

      await on.broker(kind, { port });
      expect(await receipts.first(2)).to.have.length(2);
      expect((await received.first(2)).map(textOf)).to.deep.equal(['1', '2']);
    });

    it('should find the one broker of a list that lives, and come back to it', async () => {
      const dead = `mqtt://127.0.0.1:${await freePort()}`;
      const broker = await on.broker(kind);
      const client = on.client([dead, broker.url]);
      const connections = record(client.connection$);
      expect((await connections.first(1))[0]).to.have.property('server', broker.url);
      await broker.restart();
      expect((await connections.first(2))[1]).to.have.property('server', broker.url);
    });

    it('should work over IPv6', async () => {
      const broker = await on.broker(kind, { host: '::1' });
      expect(broker.url).to.match(/^mqtt:\/\/\[::1\]:\d+$/);
      const client = on.client(broker.url);
      const received = record(client.topic$('a'));
      await firstValueFrom(client.publish('a', 'x'));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['x']);
    });

    it('should work with a host name that has an IPv6 and an IPv4 address, and a broker at one of them', async () => {
      const { port } = await on.broker(kind);
      await firstValueFrom(on.client(`mqtt://localhost:${port}`).publish('a', 'x', { qos: 2 }));
    });

    it('should measure a round trip', async () => {
      const { url } = await on.broker(kind);
      expect(await firstValueFrom(on.client(url).ping())).to.be.within(0, 5_000);
    });

    it('should find a half-open connection by the keep-alive, and lose nothing [MQTT-3.1.2-24]', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const client = on.client(proxy.url, { clientId: 'half', cleanSession: false, keepAlive: 1, pingTimeout: 200 });
      const received = record(client.topic$('a', { qos: 2 }));
      const waiting = record(causes(client));
      await granted(client, 'a');
      await firstValueFrom(client.publish('a', '1', { qos: 2 }));
      await received.first(1);

      proxy.swallow();
      const receipt = firstValueFrom(client.publish('a', '2', { qos: 2 }));
      expect((await waiting.first(1))[0]!.cause).to.be.instanceOf(KeepAliveTimeoutError);
      await receipt;
      expect((await received.first(2)).map(textOf)).to.deep.equal(['1', '2']);
      await firstValueFrom(client.publish('a', '3', { qos: 2 }));
      expect((await received.first(3)).map(textOf)).to.deep.equal(['1', '2', '3']);
    });

    it('should lose and double nothing at QoS 2 over a network that breaks again and again', async () => {
      const broker = await on.broker(kind);
      const proxy = await on.proxy(broker);
      const options = { cleanSession: false };
      // aedes forgets PUBCOMPs when it has sent a message twice, and sends it a third time, as a new one.
      const reader = on.client(kind === 'aedes' ? broker.url : proxy.url, { ...options, clientId: 'reader' });
      const writer = on.client(proxy.url, { ...options, clientId: 'writer' });
      const received = record(reader.topic$('n', { qos: 2 }));
      await firstValueFrom(writer.subscribe('mine', { qos: 1 })); // aedes calls a session without a subscription none
      await granted(reader, 'n');

      const results$ = range(500).pipe(
        publishEach(writer, (n) => ({ topic: 'n', payload: String(n), qos: 2 }), { concurrency: 50 }),
      );
      const results = record(results$);
      for (let n = 50; n < 500; n += 50) {
        await results.first(n);
        proxy.cut();
      }
      expect((await results.first(500)).filter(({ error }) => error)).to.deep.equal([]);
      const numbers = (await received.first(500)).map((message) => Number(message.text()));
      expect([...numbers].sort((a, b) => a - b)).to.deep.equal([...Array(500).keys()]);
      await firstValueFrom(writer.publish('n', 'end', { qos: 2 }));
      expect((await received.until((message) => message.text() === 'end')).length).to.equal(501);
    });
  });
}

describe('reconnecting to a broker that forgot everything', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it('should subscribe again, repeat QoS 1 and say of QoS 2 what can no longer be promised', async () => {
    const broker = await on.broker('aedes');
    const proxy = await on.proxy(broker);
    const client = on.client(proxy.url, { clientId: 'client', cleanSession: false });
    const received = record(client.topic$('n', { qos: 2 }));
    const connections = record(client.connection$);
    await granted(client, 'n');

    proxy.hold(); // nothing is acknowledged any more
    const sent = lastValueFrom(
      range(20).pipe(
        publishEach(client, (n) => ({ topic: 'n', payload: String(n), qos: n % 2 === 0 ? 1 : 2 })),
        toArray(),
      ),
    );
    await broker.restart();
    proxy.cut();
    proxy.release();
    expect((await connections.first(2))[1]).to.have.property('sessionPresent', false);
    for (const { value, receipt, error } of await sent) {
      if (value % 2 === 0) expect(receipt).to.include({ qos: 1 });
      else expect(error).to.be.instanceOf(SessionLostError);
    }
    const even = Array.from({ length: 10 }, (_, i) => String(2 * i));
    expect((await received.first(10)).map(textOf)).to.deep.equal(even);
  });
});
