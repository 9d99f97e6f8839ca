import { expect } from 'chai';
import { filter, firstValueFrom, lastValueFrom, merge, take } from 'rxjs';
import { type Message, type QoS, SubscriptionRefusedError, matches } from '../../lib/index.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { BROKERS_AND_EJABBERD, LIMITED, brokerStage } from '../support/brokerStage.js';
import { describeWith } from '../support/describeWith.js';

const LEVELS = [0, 1, 2] as const satisfies QoS[];
const topicOf = ({ topic }: Message) => topic;
const textOf = (message: Message) => message.text();

for (const { kind, version, name, needs, user } of BROKERS_AND_EJABBERD) {
  describeWith(needs, `messages through ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage(version, user);
    const takesDollar = kind !== 'ejabberd'; // it refuses messages to topics that begin with $

    for (const qos of LEVELS) {
      it(`should arrive at the lower of the two when published at QoS ${qos} [MQTT-3.8.4-6]`, async () => {
        const { url } = await on.broker(kind);
        const readers = LEVELS.map((wanted) => ({ wanted, client: on.client(url) }));
        const received = readers.map(({ wanted, client }) => record(client.topic$('a/b', { qos: wanted })));
        await Promise.all(readers.map(({ client }) => granted(client, 'a/b')));

        const receipt = await firstValueFrom(on.client(url).publish('a/b', 'hello', { qos }));
        expect(receipt.packetId !== undefined).to.equal(qos > 0);
        for (const [i, { wanted }] of readers.entries()) {
          const [message] = await received[i]!.first(1);
          expect(message).to.include({ topic: 'a/b', qos: Math.min(qos, wanted), retain: false, dup: false });
          expect(message!.text()).to.equal('hello');
        }
      });
    }

    it('should each arrive once, in order, when many are in flight at QoS 2 [MQTT-4.6.0-6]', async () => {
      const { url } = await on.broker(kind);
      const [reader, writer] = [on.client(url), on.client(url)];
      const received = record(reader.topic$('n', { qos: 2 }));
      const echo = record(writer.topic$('n', { qos: 2 }));
      await Promise.all([granted(reader, 'n'), granted(writer, 'n')]);
      const expected = Array.from({ length: 500 }, (_, i) => String(i));
      await lastValueFrom(merge(...expected.map((text) => writer.publish('n', text, { qos: 2 }))));
      expect((await echo.first(500)).map(textOf)).to.deep.equal(expected);
      expect((await received.first(500)).map(textOf)).to.deep.equal(expected);
    });

    it('should carry any bytes, and any topic that UTF-8 can write', async () => {
      const { url } = await on.broker(kind);
      const topic = ' räume/台所/🍕 /';
      const payloads = [
        new Uint8Array(),
        Uint8Array.from({ length: 256 }, (_, i) => i),
        new Uint8Array(16_400).fill(7),
      ];
      const client = on.client(url);
      const received = record(client.topic$(topic, { qos: 1 }));
      await granted(client, topic);
      for (const payload of payloads) await firstValueFrom(client.publish(topic, payload, { qos: 1 }));
      const messages = await received.first(3);
      expect(messages.map((message) => [...message.payload])).to.deep.equal(payloads.map((payload) => [...payload]));
      expect(messages.map(topicOf)).to.deep.equal([topic, topic, topic]);
    });

    it('should arrive where a filter matches, and nowhere else [MQTT-3.3.2-3]', async () => {
      const { url } = await on.broker(kind);
      const topics = ['a', 'a/b', 'a/b/c', '/a', 'a//c', 'b/b', 'A', ...(takesDollar ? ['$things/a'] : [])];
      const filters = ['#', '+', 'a/#', 'a/+', '+/b', 'a/+/c', '/+', '+/+', 'a/b/#', '$things/#'];
      const received = await Promise.all(
        filters.map(async (topicFilter) => {
          const client = on.client(url);
          const recording = record(client.topic$(topicFilter, { qos: 1 }));
          await granted(client, topicFilter);
          return { topicFilter, recording };
        }),
      );
      const writer = on.client(url);
      // Twice: whatever came in excess in the first round would stand before the second.
      for (const topic of [...topics, ...topics]) await firstValueFrom(writer.publish(topic, 'x', { qos: 1 }));
      for (const { topicFilter, recording } of received) {
        const expected = topics.filter((topic) => matches(topicFilter, topic));
        const messages = await recording.first(2 * expected.length);
        expect(messages.map(topicOf), topicFilter).to.deep.equal([...expected, ...expected]);
      }
    });

    if (takesDollar) {
      it('should not reach # when their topic begins with $, although the client has them [MQTT-4.7.2-1]', async () => {
        const { url } = await on.broker(kind);
        const client = on.client(url);
        const everything = record(client.topic$('#'));
        const things = record(client.topic$('$things/+'));
        await granted(client, '#', '$things/+');
        await firstValueFrom(client.publish('$things/a', 'x'));
        await firstValueFrom(client.publish('end'));
        expect((await things.first(1)).map(topicOf)).to.deep.equal(['$things/a']);
        expect((await everything.first(1)).map(topicOf)).to.deep.equal(['end']);
      });
    }

    it('should come once to each of several filters of one client that all match', async () => {
      const { url } = await on.broker(kind);
      const client = on.client(url);
      const filters = ['a/#', 'a/+', 'a/b'];
      const received = filters.map((topicFilter) => record(client.topic$(topicFilter, { qos: 1 })));
      await granted(client, ...filters);
      for (const text of ['1', '2']) await firstValueFrom(client.publish('a/b', text, { qos: 1 }));
      // Under MQTT 5 the brokers send one for each filter; its subscription identifier says for which.
      for (const recording of received) expect((await recording.first(2)).map(textOf)).to.deep.equal(['1', '2']);
      for (const text of ['3', '4']) await firstValueFrom(client.publish('a/b', text, { qos: 1 }));
      for (const recording of received) {
        expect((await recording.first(4)).map(textOf)).to.deep.equal(['1', '2', '3', '4']);
      }
    });

    it('should come with the levels that named wildcards stand for', async () => {
      const { url } = await on.broker(kind);
      const client = on.client(url);
      const received = record(client.topic$('house/+room/temp/#rest'));
      await granted(client, 'house/+/temp/#');
      await firstValueFrom(client.publish('house/kitchen/temp/oven/left', '{"celsius":200}'));
      const [message] = await received.first(1);
      expect(message!.params).to.deep.equal({ room: 'kitchen', rest: 'oven/left' });
      expect(message!.json()).to.deep.equal({ celsius: 200 });
    });

    it('should be kept when retained, for all who come later, until an empty one clears it [MQTT-3.3.1-10]', async () => {
      const { url } = await on.broker(kind);
      const writer = on.client(url);
      const live = record(writer.topic$('lamp', { qos: 1 }));
      await granted(writer, 'lamp');
      await firstValueFrom(writer.publish('lamp', 'on', { qos: 1, retain: true }));
      expect((await live.first(1))[0]).to.include({ retain: false }); // [MQTT-3.3.1-9]

      const [late] = await record(on.client(url).topic$('+', { qos: 1 })).first(1);
      expect([late!.text(), late!.retain]).to.deep.equal(['on', true]); // [MQTT-3.3.1-8]

      await firstValueFrom(writer.publish('lamp', undefined, { qos: 1, retain: true }));
      expect((await live.first(2))[1]!.payload).to.have.length(0);
      const after = on.client(url);
      const received = record(after.topic$('+', { qos: 1 }));
      await granted(after, '+');
      await firstValueFrom(writer.publish('end', '', { qos: 1 }));
      expect((await received.first(1)).map(topicOf)).to.deep.equal(['end']); // [MQTT-3.3.1-11]
    });

    it('should come retained to a second listener of a filter, and not again to the first', async () => {
      const { url } = await on.broker(kind);
      const [writer, client] = [on.client(url), on.client(url)];
      const live = record(writer.topic$('lamp', { qos: 1 }));
      await granted(writer, 'lamp');
      await firstValueFrom(writer.publish('lamp', 'on', { qos: 1, retain: true }));
      await live.first(1); // aedes acknowledges first: who subscribes now might get it twice, live and retained
      const seen = (message: Message) => [message.text(), message.retain];
      const first = record(client.topic$('lamp', { qos: 1 }));
      expect((await first.first(1)).map(seen)).to.deep.equal([['on', true]]);
      const second = record(client.topic$('lamp', { qos: 1 }));
      expect((await second.first(1)).map(seen)).to.deep.equal([['on', true]]);
      await firstValueFrom(writer.publish('lamp', 'off', { qos: 1 }));
      for (const recording of [first, second]) {
        expect((await recording.first(2)).map(seen)).to.deep.equal([['on', true], ['off', false]]); // prettier-ignore
      }
    });

    it('should stop for good when the last listener has gone [MQTT-3.10.4-2]', async () => {
      const { url } = await on.broker(kind);
      const client = on.client(url);
      const all = record(client.messages$());
      record(client.topic$('end', { qos: 1 }));
      const one = record(client.topic$('a', { qos: 1 }));
      const other = record(client.topic$('a', { qos: 1 }));
      await granted(client, 'a', 'end');

      one.stop();
      await firstValueFrom(client.publish('a', '1', { qos: 1 }));
      expect((await other.first(1)).map(textOf)).to.deep.equal(['1']);
      const unsubscribed = firstValueFrom(client.events$.pipe(filter(({ type }) => type === 'unsubscribed')));
      other.stop();
      await unsubscribed;
      await firstValueFrom(client.publish('a', '2', { qos: 1 }));
      await firstValueFrom(client.publish('end', '3', { qos: 1 }));
      expect((await all.first(2)).map(textOf)).to.deep.equal(['1', '3']);
    });

    it('should come to messages$ for a durable subscription, from its grant to its end', async () => {
      const { url } = await on.broker(kind);
      const client = on.client(url);
      const all = record(client.messages$('unclaimed'));
      record(client.connection$);
      const grants = await firstValueFrom(client.subscribe(['a/+', 'b'], { qos: 2 }));
      expect(grants).to.deep.equal([
        { filter: 'a/+', requested: 2, granted: 2 },
        { filter: 'b', requested: 2, granted: 2 },
      ]);
      await firstValueFrom(client.publish('a/1', '1', { qos: 2 }));
      await record(client.unsubscribe('a/+')).first(1);
      await firstValueFrom(client.publish('a/1', '2', { qos: 2 }));
      await firstValueFrom(client.publish('b', '3', { qos: 2 }));
      expect((await all.first(2)).map(textOf)).to.deep.equal(['1', '3']);
    });

    if (kind !== 'ejabberd') {
      it('should go on for the others when one filter is refused [MQTT-3.8.4-5]', async () => {
        const { url } = await on.broker(kind, { denied: 'secret/#' });
        const client = on.client(url);
        const open = record(client.topic$('open/#', { qos: 1 }));
        const refused = await record(client.topic$('secret/#', { qos: 1 })).first(1).catch((error: unknown) => error); // prettier-ignore
        expect(refused).to.be.instanceOf(SubscriptionRefusedError).with.property('filter', 'secret/#');
        const durable = await record(client.subscribe(['open/a', 'secret/a'])).first(1).catch((error: unknown) => error); // prettier-ignore
        expect(durable).to.be.instanceOf(SubscriptionRefusedError).with.property('filter', 'secret/a');
        await firstValueFrom(client.publish('open/b', 'x', { qos: 1 }));
        expect((await open.first(1)).map(topicOf)).to.deep.equal(['open/b']);
        expect(await firstValueFrom(client.state$)).to.have.property('status', 'online');
      });
    }
  });
}

for (const { kind, name } of LIMITED) {
  describe(`groups and lower QoS through ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage();

    it('should be shared out among a group, each to one of its members', async () => {
      const { url } = await on.limited(kind);
      const members = [on.client(url), on.client(url)];
      const filterOfGroup = '$share/group/job/+';
      const received = record(merge(...members.map((client) => client.topic$(filterOfGroup, { qos: 1 }))));
      const counts = members.map((client) => record(client.messages$()));
      await Promise.all(members.map((client) => granted(client, filterOfGroup)));
      const writer = on.client(url);
      const jobs = Array.from({ length: 20 }, (_, i) => `job/${i}`);
      for (const job of [...jobs, ...jobs]) await firstValueFrom(writer.publish(job, '', { qos: 1 }));
      const shared = (await received.first(40)).map(topicOf);
      expect(shared.sort()).to.deep.equal([...jobs, ...jobs].sort());
      for (const count of counts) expect(await count.first(1)).to.have.length(1);
    });

    it('should be granted at a lower QoS than was asked for, and come at that', async () => {
      const { url } = await on.limited(kind, { maxQoS: 1 });
      const client = on.client(url);
      const received = record(client.topic$('a', { qos: 2 }));
      await granted(client, 'a');
      expect(await firstValueFrom(client.subscriptions$)).to.deep.equal(
        new Map([['a', { filter: 'a', requested: 2, granted: 1, state: 'granted' }]]),
      );
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
      expect((await received.first(1))[0]).to.include({ qos: 1 });
    });
  });
}

describe('messages through Mosquitto alone', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it('should come from $SYS to those who ask for it, not to #', async () => {
    const { url } = await on.mosquitto();
    const client = on.client(url);
    const everything = record(client.topic$('#'));
    const version = await firstValueFrom(client.topic$('$SYS/broker/version').pipe(take(1)));
    expect(version.text()).to.match(/^mosquitto version 2\./);
    await firstValueFrom(client.publish('end'));
    expect((await everything.first(1)).map(topicOf)).to.deep.equal(['end']);
  });
});
