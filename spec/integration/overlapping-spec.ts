import { expect } from 'chai';
import { filter, firstValueFrom, lastValueFrom } from 'rxjs';
import type { ClientOptions, Message, MqttClient, QoS } from '../../lib/index.js';
import { LIMITED, brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { type Recording, record } from '../support/record.js';

const shown = (message: Message) => `${message.topic} ${message.text()}${message.retain ? ' retained' : ''}`;

/** What came before the message that ends a spec. */
async function upToEnd(recording: Recording<Message>): Promise<string[]> {
  const all = await recording.until((message) => message.text() === 'end');
  return all.slice(0, -1).map(shown);
}

for (const { kind, name } of LIMITED) {
  describe(`subscriptions of MQTT 5 at ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage();

    const client = (url: string, options: Omit<ClientOptions, 'server'> = {}) =>
      on.client(url, { protocolVersion: 5, ...options });

    /** Publishes, and waits until Mosquitto has it. */
    async function publish(from: MqttClient, topic: string, text: string, qos: QoS = 1, retain = false): Promise<void> {
      await lastValueFrom(from.publish(topic, text, { qos, retain }));
    }

    /** A moment in which what was to come has come: messages on one connection are in order. */
    async function settled(subscriber: MqttClient): Promise<void> {
      for (let i = 0; i < 3; i++) await firstValueFrom(subscriber.ping());
    }

    for (const qos of [0, 1, 2] as const) {
      it(`should give each of overlapping filters each copy once, at QoS ${qos} [MQTT5-3.3.4-2] [MQTT5-3.3.4-5]`, async () => {
        const { url } = await on.limited(kind);
        const [reader, writer] = [client(url), client(url)];
        const filters = ['a/#', 'a/+', '+/b', 'a/b', '#'];
        const heard = filters.map((one) => record(reader.topic$(one, { qos })));
        await granted(reader, ...filters);
        const texts = Array.from({ length: 50 }, (_, i) => `${i}`);
        for (const text of [...texts, 'end']) await publish(writer, 'a/b', text, qos || 1);
        for (const one of heard) expect(await upToEnd(one)).to.deep.equal(texts.map((text) => `a/b ${text}`));
      });
    }

    it('should bring retained messages to the late listener alone', async () => {
      const { url } = await on.limited(kind);
      const [reader, writer] = [client(url), client(url)];
      for (const topic of ['a/1', 'a/2']) await publish(writer, topic, 'kept', 1, true);
      const first = record(reader.topic$('a/+', { qos: 1 }));
      const wide = record(reader.topic$('#', { qos: 1 }));
      await first.first(2);
      await wide.first(2);
      const late = record(reader.topic$('a/+', { qos: 1 }));
      await late.first(2);
      await publish(writer, 'a/1', 'live', 1, true);
      await publish(writer, 'a/1', 'end');
      const kept = ['a/1 kept retained', 'a/2 kept retained'];
      for (const one of [first, wide, late]) {
        const came = await upToEnd(one);
        expect(came.slice(0, 2).sort()).to.deep.equal(kept);
        expect(came.slice(2)).to.deep.equal(['a/1 live']);
      }
    });

    it('should know its filters again in a session that is resumed', async () => {
      const broker = await on.limited(kind);
      const proxy = await on.proxy(broker);
      const reader = client(proxy.url, { clientId: 'reader', cleanSession: false });
      const writer = client(broker.url);
      const filters = ['a/#', 'a/+', 'a/b'];
      const heard = filters.map((one) => record(reader.topic$(one, { qos: 2 })));
      await granted(reader, ...filters);
      await publish(writer, 'a/b', '1', 2);
      const again = firstValueFrom(reader.events$.pipe(filter((event) => event.type === 'connected')));
      proxy.cut();
      for (const text of ['2', '3']) await publish(writer, 'a/b', text, 2);
      expect(await again).to.include({ sessionPresent: true });
      for (const text of ['4', 'end']) await publish(writer, 'a/b', text, 2);
      for (const one of heard) expect(await upToEnd(one)).to.deep.equal(['a/b 1', 'a/b 2', 'a/b 3', 'a/b 4']);
    });

    it('should lose nothing of a session that an earlier process left, whatever identifiers that used', async () => {
      const { url } = await on.limited(kind);
      const options = { clientId: 'reader', cleanSession: false };
      const earlier = client(url, options);
      for (const one of ['a/#', 'a/b', '+/b']) await firstValueFrom(earlier.subscribe(one, { qos: 1 }));
      await lastValueFrom(earlier.end());
      const writer = client(url);
      await publish(writer, 'a/b', 'waits');
      const reader = client(url, options);
      const heard = ['a/+', 'a/#', 'a/b'].map((one) => record(reader.topic$(one, { qos: 1 })));
      await granted(reader, 'a/+', 'a/#', 'a/b');
      await publish(writer, 'a/b', 'new');
      await publish(writer, 'a/b', 'end');
      for (const one of heard) {
        const came = await upToEnd(one);
        expect(came.filter((text) => text === 'a/b waits').length).to.be.at.least(1);
        expect(came).to.include('a/b new');
      }
    });

    it('should leave out what this client published itself [MQTT5-3.8.3-3]', async () => {
      const { url } = await on.limited(kind);
      const [own, other] = [client(url), client(url)];
      const heard = record(own.topic$('a', { noLocal: true, qos: 1 }));
      const echo = record(own.topic$('+', { qos: 1 }));
      await granted(own, 'a', '+');
      await publish(own, 'a', 'own');
      await publish(other, 'a', 'other');
      await publish(other, 'a', 'end');
      expect(await upToEnd(heard)).to.deep.equal(['a other']);
      expect(await upToEnd(echo)).to.deep.equal(['a own', 'a other']);
    });

    for (const retainAsPublished of [false, true]) {
      const clause = retainAsPublished ? '[MQTT5-3.3.1-13]' : '[MQTT5-3.3.1-12]';
      it(`should ${retainAsPublished ? 'keep' : 'clear'} RETAIN of a live message ${clause}`, async () => {
        const { url } = await on.limited(kind);
        const [reader, writer] = [client(url), client(url)];
        const heard = record(reader.topic$('a/+', { retainAsPublished, qos: 1 }));
        await granted(reader, 'a/+');
        const late = record(reader.topic$('a/+', { retainAsPublished, qos: 1 }));
        await settled(reader);
        await publish(writer, 'a/b', 'live', 1, true);
        await publish(writer, 'a/b', 'end');
        for (const one of [heard, late]) {
          expect(await upToEnd(one)).to.deep.equal([`a/b live${retainAsPublished ? ' retained' : ''}`]);
        }
      });
    }

    for (const [retainHandling, clause, forTheFirst, forTheSecond] of [
      [0, '[MQTT5-3.3.1-9]', ['a kept retained'], ['a kept retained']],
      [1, '[MQTT5-3.3.1-10]', ['a kept retained'], []],
      [2, '[MQTT5-3.3.1-11]', [], []],
    ] as const) {
      it(`should bring retained messages as retain handling ${retainHandling} says ${clause}`, async () => {
        const { url } = await on.limited(kind);
        const [reader, writer] = [client(url), client(url)];
        await publish(writer, 'a', 'kept', 1, true);
        const first = record(reader.topic$('a', { retainHandling, qos: 1 }));
        await granted(reader, 'a');
        await settled(reader);
        const second = record(reader.topic$('a', { retainHandling, qos: 1 }));
        await settled(reader);
        await publish(writer, 'a', 'end');
        expect(await upToEnd(first)).to.deep.equal(forTheFirst);
        expect(await upToEnd(second)).to.deep.equal(forTheSecond);
      });
    }

    it('should tell two shared groups and a plain filter of one client apart (MQTT5 section 4.8.2)', async () => {
      const { url } = await on.limited(kind);
      const [reader, writer] = [client(url), client(url)];
      const filters = ['$share/one/a', '$share/two/a', 'a'];
      const heard = filters.map((one) => record(reader.topic$(one, { qos: 1 })));
      await granted(reader, ...filters);
      for (const text of ['1', '2', 'end']) await publish(writer, 'a', text);
      for (const one of heard) expect(await upToEnd(one)).to.deep.equal(['a 1', 'a 2']);
    });

    it('should err with the reason code of a filter that is denied, and grant the others [MQTT5-3.9.3-1]', async () => {
      const { url } = await on.limited(kind, { denied: 'secret/#' });
      const reader = client(url);
      const refused = record(reader.topic$('secret/#'));
      const heard = record(reader.topic$('a'));
      const error: unknown = await refused.first(1).catch((error: unknown) => error);
      expect(error).to.include({ code: 'SUBSCRIPTION_REFUSED', reasonCode: 0x87 });
      expect(String(error)).to.include('Not authorized');
      await granted(reader, 'a');
      await publish(reader, 'a', 'end');
      expect(await upToEnd(heard)).to.deep.equal([]);
    });
  });
}
