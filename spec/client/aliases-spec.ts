import { expect } from 'chai';
import type { ClientOptions, MqttClient } from '../../lib/index.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import type { ScriptedConnection } from '../support/ScriptedConnection.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const KEPT: ClientOptions = { cleanSession: false };

clientSpecs(
  'topic aliases',
  (stage) => {
    describe('of the server', () => {
      const publish = (topic: string, topicAlias?: number): PublishPacket =>
        ({
          type: 'publish',
          topic,
          payload: new Uint8Array(),
          qos: 0,
          retain: false,
          dup: false,
          packetId: 0,
          properties: topicAlias === undefined ? {} : { topicAlias },
        }) as const;

      async function listening(options?: ClientOptions) {
        const all = await stage.online(options);
        const topics: string[] = [];
        all.client.topic$('#').subscribe(({ topic }) => topics.push(topic));
        const failed = watch(all.client.events$);
        await stage.settle();
        return { ...all, topics, failed };
      }

      it('should be set, used, and set again (MQTT5 section 3.3.2.3.4)', async () => {
        const { server, topics } = await listening();
        server.send(
          publish('a', 1),
          publish('', 1),
          publish('b', 64),
          publish('c', 1),
          publish('', 1),
          publish('', 64),
        );
        await stage.settle();
        expect(topics).to.deep.equal(['a', 'a', 'b', 'c', 'c', 'b']);
      });

      for (const [what, send, options] of [
        ['above our maximum [MQTT5-3.1.2-26]', publish('a', 65), {}],
        ['where we allow none [MQTT5-3.1.2-27]', publish('a', 1), { topicAliasMaximum: 0 }],
        ['that was never set', publish('', 1), {}],
        // PUBLISH at QoS 0 to "a" with one property, alias 0.
        ['0 [MQTT5-3.3.2-8]', Uint8Array.of(0x30, 7, 0, 1, 0x61, 3, 0x23, 0, 0), {}],
      ] as const) {
        it(`should end the connection with 0x94 if it is one ${what}, and it reconnects`, async () => {
          const { server, topics, held } = await listening(options);
          if (send instanceof Uint8Array) server.sendBytes(send);
          else server.send(send);
          await stage.settle();
          expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x94 }]);
          expect(server.hungUp).to.equal(true);
          await stage.tick(1_000);
          expect([topics, held.values.length]).to.deep.equal([[], 2]);
        });
      }

      it('should mean nothing on the next connection [MQTT5-3.3.2-7]', async () => {
        const { server, topics } = await listening();
        server.send(publish('a', 1));
        await stage.settle();
        server.fail();
        await stage.tick(1_000);
        stage.broker.current.send(publish('', 1));
        await stage.settle();
        expect(stage.broker.current.take('disconnect')).to.have.nested.property('[0].reasonCode', 0x94);
        expect(topics).to.deep.equal(['a']);
      });
    });

    describe('of the client', () => {
      const sent = (server: ScriptedConnection) =>
        server.take('publish').map(({ topic, properties }) => [topic, properties?.topicAlias]);

      async function publishing(topicAliasMaximum: number | undefined, options?: ClientOptions) {
        stage.broker.connack = { properties: { topicAliasMaximum } };
        return stage.online(options);
      }

      async function publish(client: MqttClient, topics: string) {
        for (const topic of topics) watch(client.publish(topic, 'x'));
        await stage.settle();
      }

      it('should be given to the topics that were used most recently [MQTT5-3.2.2-17]', async () => {
        const { client, server } = await publishing(2);
        await publish(client, 'aabacb');
        expect(sent(server)).to.deep.equal([['a', 1], ['', 1], ['b', 2], ['', 1], ['c', 2], ['b', 1]]); // prettier-ignore
      });

      it('should be as many as topicAliases says, if the server takes more', async () => {
        const { client, server } = await publishing(100, { topicAliases: 1 });
        await publish(client, 'abb');
        expect(sent(server)).to.deep.equal([['a', 1], ['b', 1], ['', 1]]); // prettier-ignore
      });

      for (const [what, maximum, options] of [
        ['the server takes none [MQTT5-3.2.2-18]', undefined, {}],
        ['topicAliases is 0', 10, { topicAliases: 0 }],
      ] as const) {
        it(`should not be used when ${what}`, async () => {
          const { client, server } = await publishing(maximum, options);
          await publish(client, 'aa');
          expect(sent(server)).to.deep.equal([['a', undefined], ['a', undefined]]); // prettier-ignore
        });
      }

      it('should begin anew with each connection, and not be in what is repeated: ejabberd 23.01 forgets them [MQTT5-3.3.2-7]', async () => {
        stage.broker.silentOn.add('publish');
        const { client, server } = await publishing(10, KEPT);
        watch(client.publish('a', 'x', { qos: 1 }));
        watch(client.publish('a', 'y', { qos: 1 }));
        await stage.settle();
        expect(sent(server)).to.deep.equal([['a', 1], ['', 1]]); // prettier-ignore
        stage.broker.connack = { sessionPresent: true, properties: { topicAliasMaximum: 0 } };
        server.fail();
        await stage.tick(1_000);
        expect(sent(stage.broker.current)).to.deep.equal([['a', undefined], ['a', undefined]]); // prettier-ignore
        stage.broker.connack = { sessionPresent: true, properties: { topicAliasMaximum: 10 } };
        stage.broker.current.fail();
        await stage.tick(5_000);
        expect(sent(stage.broker.current)).to.deep.equal([['a', undefined], ['a', undefined]]); // prettier-ignore
        await publish(client, 'aa');
        expect(sent(stage.broker.current)).to.deep.equal([['a', 1], ['', 1]]); // prettier-ignore
        stage.broker.silentOn.clear();
        watch(client.end({ force: true }));
      });
    });
  },
  [5],
);
