import { expect } from 'chai';
import { type IClientOptions, MqttClient } from 'mqtt';
import { type EventEmitter, once as onceOf } from 'node:events';
import { duplexPair } from 'node:stream';
import { type TestBroker, testBroker } from '../../lib/testing.js';
import { plug } from '../support/kitBroker.js';

/** Its types do not say that it is an emitter of Node's. */
const once = (client: unknown, event: string): Promise<unknown[]> => onceOf(client as EventEmitter, event);

/** MQTT.js shows that the broker does not only please our own client. */
for (const protocolVersion of [4, 5] as const) {
  describe(`MQTT.js at the test broker (MQTT ${protocolVersion})`, () => {
    let broker: TestBroker;
    let clients: MqttClient[];
    /** What it does against the protocol, by the clause: … */
    let violations: string[];
    const properties = protocolVersion === 5 ? { sessionExpiryInterval: 1_000 } : undefined;

    beforeEach(() => {
      violations = [];
      broker = testBroker({ onViolation: ({ clause }) => violations.push(clause) });
      clients = [];
    });

    afterEach(async () => {
      for (const client of clients) {
        await client.endAsync(true);
        clearTimeout((client as unknown as { connackTimer?: NodeJS.Timeout }).connackTimer); // it forgets that one
      }
      // … nothing but that it repeats a message without DUP.
      expect(violations.filter((clause) => clause !== 'MQTT-3.3.1-1')).to.deep.equal([]);
    });

    async function connected(options: IClientOptions = {}) {
      const dial = () => {
        const [client, server] = duplexPair();
        plug(server, broker);
        client.on('close', () => server.destroy()); // a pair does not do that by itself …
        server.on('close', () => client.destroy()); // … in either direction
        return client;
      };
      const client = new MqttClient(dial, { protocolVersion, keepalive: 60, reconnectPeriod: 0, ...options });
      clients.push(client);
      const [connack] = (await once(client, 'connect')) as [{ sessionPresent: boolean }];
      return Object.assign(client, { sessionPresent: connack.sessionPresent });
    }

    /** Notes messages. */
    function noted(client: MqttClient): { texts: string[]; until(count: number): Promise<string[]> } {
      const texts: string[] = [];
      client.on('message', (topic, payload, { qos, retain }) =>
        texts.push(`${topic} ${payload.toString()} ${qos}${retain ? ' retained' : ''}`),
      );
      return {
        texts,
        async until(count) {
          while (texts.length < count) await once(client, 'message');
          return texts;
        },
      };
    }

    it('should carry messages at each QoS, both ways', async () => {
      const [reader, writer] = [await connected(), await connected({ clientId: 'writer' })];
      const seen = noted(reader);
      await reader.subscribeAsync('a/+', { qos: 2 });
      for (const qos of [0, 1, 2] as const) await writer.publishAsync('a/b', `${qos}`, { qos });
      expect(await seen.until(3)).to.deep.equal(['a/b 0 0', 'a/b 1 1', 'a/b 2 2']);
      expect(broker.published('a/#').map((message) => message.clientId)).to.deep.equal(['writer', 'writer', 'writer']);
      for (const qos of [0, 1, 2] as const) broker.publish('a/c', `${qos}`, { qos });
      expect((await seen.until(6)).slice(3)).to.deep.equal(['a/c 0 0', 'a/c 1 1', 'a/c 2 2']);
      await reader.unsubscribeAsync('a/+');
      expect(broker.subscriptions).to.deep.equal([]);
      broker.verify();
    });

    it('should bring retained messages', async () => {
      broker.publish('lamp', 'on', { retain: true, qos: 1 });
      const client = await connected();
      const seen = noted(client);
      await client.subscribeAsync('lamp', { qos: 1 });
      expect(await seen.until(1)).to.deep.equal(['lamp on 1 retained']);
    });

    it('should resume a session after a drop, with all that was published meanwhile', async () => {
      const client = await connected({ clientId: 'a', clean: false, properties, reconnectPeriod: 10 });
      const seen = noted(client);
      await client.subscribeAsync('t', { qos: 2 });
      broker.hold('puback', 'pubrec');
      const receipts = [1, 2].map((qos) => client.publishAsync('u', `${qos}`, { qos: qos as 1 | 2 }));
      while (broker.published('u').length < 2) await new Promise(setImmediate);
      const again = once(client, 'connect');
      broker.drop('a');
      broker.release();
      for (const qos of [1, 2] as const) broker.publish('t', `${qos}`, { qos });
      expect((await again)[0]).to.include({ sessionPresent: true });
      await Promise.all(receipts);
      expect(await seen.until(2)).to.deep.equal(['t 1 1', 't 2 2']);
      expect(broker.published('u').filter(({ qos }) => qos === 2)).to.have.length(1);
    });

    it('should publish the will of one that is dropped', async () => {
      const will = { topic: 'gone', payload: Buffer.from('x'), qos: 1, retain: false } as const;
      await connected({ clientId: 'a', will });
      broker.drop('a');
      expect(broker.published('gone')[0]).to.include({ clientId: 'a', isWill: true });
    });

    it('should refuse topics', async () => {
      broker.refuse('secret/#');
      const client = await connected();
      const error = await client.subscribeAsync('secret/a').catch((error: unknown) => error);
      expect(error).to.be.instanceOf(Error);
      expect(broker.subscriptions).to.deep.equal([]);
    });

    if (protocolVersion === 5) {
      it('should carry properties, subscription identifiers and topic aliases', async () => {
        const client = await connected({ properties: { topicAliasMaximum: 5 }, autoUseTopicAlias: true, autoAssignTopicAlias: true }); // prettier-ignore
        await client.subscribeAsync('a', { qos: 1, properties: { subscriptionIdentifier: 7 } });
        const seen: unknown[] = [];
        client.on('message', (topic, _, { properties }) => seen.push([topic, properties!.userProperties, properties!.subscriptionIdentifier])); // prettier-ignore
        const userProperties = { x: '1' };
        for (let i = 0; i < 3; i++) await client.publishAsync('a', 'x', { qos: 1, properties: { userProperties } });
        while (seen.length < 3) await once(client, 'message');
        for (const one of seen) expect(one).to.deep.equal(['a', { x: '1' }, 7]);
        expect(broker.published('a').map(({ topic }) => topic)).to.deep.equal(['a', 'a', 'a']);
      });
    }
  });
}
