import { expect } from 'chai';
import { filter, firstValueFrom, lastValueFrom, merge } from 'rxjs';
import { type Message, OfflineError } from '../../lib/index.js';
import { BROKERS, brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';

const textOf = (message: Message) => message.text();

for (const { kind, version, name } of BROKERS) {
  describe(`the life of a client at ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage(version);

    it('should get what waited while it was suspended, and send what it published meanwhile', async () => {
      const { url } = await on.broker(kind);
      const reader = on.client(url, { clientId: 'reader', cleanSession: false });
      const received = record(reader.topic$('n', { qos: 2 }));
      await granted(reader, 'n');
      const writer = on.client(url);
      await firstValueFrom(writer.publish('n', '1', { qos: 2 }));
      await received.first(1);

      await firstValueFrom(reader.suspend());
      expect(await firstValueFrom(reader.state$)).to.deep.equal({ status: 'suspended' });
      const meanwhile = record(merge(reader.publish('n', 'mine', { qos: 1 }), reader.ping()));
      const failed = await firstValueFrom(reader.publish('n', 'x', { offline: 'fail' })).catch((e: unknown) => e);
      expect(failed).to.be.instanceOf(OfflineError);
      for (const text of ['2', '3']) await firstValueFrom(writer.publish('n', text, { qos: 2 }));

      await firstValueFrom(reader.resume());
      expect(await firstValueFrom(reader.connection$)).to.have.property('sessionPresent', true);
      await meanwhile.first(2);
      const texts = (await received.first(4)).map(textOf);
      expect(texts.filter((text) => text !== 'mine')).to.deep.equal(['1', '2', '3']);
      await firstValueFrom(writer.publish('n', 'end', { qos: 2 }));
      expect((await received.until((message) => message.text() === 'end')).length).to.equal(5);
    });

    it('should say goodbye when it reconnects and when it is suspended: its will is not published', async () => {
      const { url } = await on.broker(kind);
      const watcher = on.client(url);
      const received = record(watcher.topic$('will/+', { qos: 1 }));
      await granted(watcher, 'will/+');
      const client = on.client(url, { clientId: 'mortal', will: { topic: 'will/a', payload: 'gone', qos: 1 } });
      record(client.connection$);
      await firstValueFrom(client.connection$);
      await firstValueFrom(client.reconnect());
      await firstValueFrom(client.suspend());
      await firstValueFrom(client.resume());
      await firstValueFrom(client.ping());
      await firstValueFrom(watcher.publish('will/none', 'marker', { qos: 1 }));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['marker']);
    });

    it('should lose and double nothing at QoS 2 while it reconnects again and again', async () => {
      const { url } = await on.broker(kind);
      const reader = on.client(url);
      const received = record(reader.topic$('n', { qos: 2 }));
      await granted(reader, 'n');
      const writer = on.client(url, { clientId: 'writer', cleanSession: false, maxInflight: 20 });
      await firstValueFrom(writer.subscribe('mine', { qos: 1 })); // aedes calls a session without a subscription none
      const receipts: Promise<unknown>[] = [];
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 20; i++) {
          receipts.push(lastValueFrom(writer.publish('n', String(round * 20 + i), { qos: 2 })));
        }
        await Promise.race(receipts.slice(-20)); // some are in flight
        await firstValueFrom(writer.reconnect());
      }
      await Promise.all(receipts);
      await firstValueFrom(writer.publish('n', 'end', { qos: 2 }));
      const texts = (await received.until((message) => message.text() === 'end')).map(textOf);
      expect(texts).to.deep.equal([...Array(200).keys(), 'end'].map(String));
    });
  });
}

for (const version of [4, 5] as const) {
  describe(`reconnecting with a new token (MQTT ${version})`, function () {
    this.timeout(20_000);
    const on = brokerStage(version);

    it('should be known to the broker by the new one, with all its streams', async () => {
      const users = { first: 'old token', second: 'new token' };
      const broker = await on.mosquitto({ users, verbose: true });
      let user: keyof typeof users = 'first';
      const client = on.client(broker.url, {
        username: () => user,
        password: () => Promise.resolve(users[user]),
      });
      const received = record(client.topic$('a', { qos: 1 }));
      await granted(client, 'a');
      const lost = record(client.events$.pipe(filter(({ type }) => type === 'retry')));
      const known = broker.says("u'second'");
      user = 'second';
      const connection = await firstValueFrom(client.reconnect());
      await known;
      expect(connection).to.have.property('server', broker.url);
      await granted(client, 'a');
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
      expect((await received.first(1)).map(textOf)).to.deep.equal(['x']);
      await record(client.end()).first(1);
      expect(await lost.first(1)).to.deep.equal([]);
    });
  });
}
