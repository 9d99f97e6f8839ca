import { expect } from 'chai';
import { type PublishOptions, PublishRefusedError } from '../../lib/index.js';
import type { ConnackProperties } from '../../lib/packet/PacketProperties.js';
import { texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs(
  'sending with MQTT 5',
  (on) => {
    const says = (properties: ConnackProperties) => (on.broker.connack = { properties });

    describe('the window', () => {
      it('should never be larger than Receive Maximum, and go on with each acknowledgement [MQTT5-3.3.4-7]', async () => {
        says({ receiveMaximum: 2 });
        on.broker.silentOn.add('publish');
        const { client, server } = await on.online();
        const all = ['1', '2', '3', '4'].map((text) => watch(client.publish('a', text, { qos: 1 })));
        await on.settle();
        const [first, ...others] = server.take('publish');
        expect([first!.packetId, others.length]).to.deep.equal([1, 1]);
        server.send({ type: 'puback', packetId: 1 });
        await on.settle();
        expect(texts(server.take('publish'))).to.deep.equal(['3']);
        expect(all.map(({ completed }) => completed)).to.deep.equal([true, false, false, false]);
      });

      it('should be asked by what a reconnect repeats as well: at most Receive Maximum of the new connection', async () => {
        on.broker.silentOn.add('publish');
        const { client, server } = await on.online({ cleanSession: false });
        ['1', '2', '3'].forEach((text) => watch(client.publish('a', text, { qos: 2 })));
        await on.settle();
        expect(texts(server.take('publish'))).to.deep.equal(['1', '2', '3']);
        on.broker.connack = { sessionPresent: true, properties: { receiveMaximum: 1 } };
        server.close();
        await on.tick(1_000);
        const again = on.broker.current;
        expect(again.take('publish').map(({ packetId, dup }) => [packetId, dup])).to.deep.equal([[1, true]]);
        again.send({ type: 'pubrec', packetId: 1 });
        await on.settle();
        expect(texts(again.take('publish'))).to.deep.equal(['2']); // its PUBCOMP came with it
      });

      it('should be the smaller of maxInflight and Receive Maximum', async () => {
        says({ receiveMaximum: 5 });
        on.broker.silentOn.add('publish');
        const { client, server } = await on.online({ maxInflight: 1 });
        ['1', '2'].forEach((text) => watch(client.publish('a', text, { qos: 1 })));
        await on.settle();
        expect(server.take('publish').length).to.equal(1);
      });
    });

    describe('what the server does not take', () => {
      const refused = async (properties: ConnackProperties, text: string, options: PublishOptions) => {
        says(properties);
        const { client, server } = await on.online();
        const events = watch(client.events$);
        const bad = watch(client.publish('a', text, options));
        const good = watch(client.publish('a', 'good', { qos: 1 }));
        await on.settle();
        expect(texts(server.take('publish'))).to.deep.equal(['good']);
        expect([good.completed, server.open]).to.deep.equal([true, true]);
        const dropped = events.values.find(({ type }) => type === 'message-dropped');
        expect(dropped).to.deep.equal({ type: 'message-dropped', topic: 'a', reason: 'not-supported' });
        return bad.error as Error & { code: string };
      };

      it('should err alone above Maximum QoS [MQTT5-3.2.2-11]', async () => {
        const error = await refused({ maximumQoS: 1 }, 'x', { qos: 2 });
        expect(error).to.include({ code: 'NOT_SUPPORTED' });
        expect(error.message).to.contain('QoS 1 at most').and.contain('has 2');
      });

      it('should err alone when it is retained and the server keeps nothing [MQTT5-3.2.2-14]', async () => {
        expect(await refused({ retainAvailable: false }, 'x', { retain: true })).to.include({ code: 'NOT_SUPPORTED' });
      });

      it('should err alone above Maximum Packet Size, to the byte [MQTT5-3.2.2-15]', async () => {
        // Fixed header 2, topic name 3, packet identifier 2, property length 1, payload.
        const error = await refused({ maximumPacketSize: 28 }, 'x'.repeat(21), { qos: 1 });
        expect(error).to.include({ code: 'PACKET_TOO_LARGE', size: 29, limit: 28 });
        says({ maximumPacketSize: 28, topicAliasMaximum: 10 });
        const { client, server } = await on.online();
        const fits = watch(client.publish('a', 'x'.repeat(20), { qos: 1 }));
        await on.settle();
        expect([fits.completed, server.take('publish')[0]?.properties]).to.deep.equal([true, undefined]);
      });

      it('should count what the message expiry interval takes', async () => {
        const error = await refused({ maximumPacketSize: 28 }, 'x'.repeat(16), { qos: 1, expiry: 1_000 });
        expect(error).to.include({ code: 'PACKET_TOO_LARGE', size: 29, limit: 28 });
      });

      it('should not grow by a topic alias that is longer than the topic name', async () => {
        says({ maximumPacketSize: 28, topicAliasMaximum: 10 });
        const { client, server } = await on.online();
        for (const payload of ['x', 'x'.repeat(20), 'y']) watch(client.publish('a', payload, { qos: 1 }));
        await on.settle();
        const aliases = server.take('publish').map(({ topic, properties }) => [topic, properties?.topicAlias]);
        expect(aliases).to.deep.equal([['a', 1], ['a', undefined], ['', 1]]); // prettier-ignore
      });

      it('should err also when it waited, or was in flight, and the next connection does not take it', async () => {
        on.broker.silentOn.add('publish');
        const { client, server } = await on.online({ cleanSession: false });
        const inFlight = watch(client.publish('a', 'x', { qos: 2 }));
        await on.settle();
        on.broker.connack = { sessionPresent: true, properties: { maximumQoS: 0 } };
        server.close();
        const queued = watch(client.publish('a', 'y', { qos: 1 }));
        await on.tick(1_000);
        const codes = [inFlight, queued].map(({ error }) => (error as { code?: string } | undefined)?.code);
        expect(codes).to.deep.equal(['NOT_SUPPORTED', 'NOT_SUPPORTED']);
        expect(on.broker.current.take('publish')).to.deep.equal([]);
        const fine = watch(client.publish('a', 'z'));
        await on.settle();
        expect(fine.completed).to.equal(true);
      });
    });

    describe('what the server says about a message', () => {
      const userProperties = [['why', 'so']] as const;

      it('should be in the receipt: nobody subscribed, a text, user properties [MQTT5-3.4.2-1]', async () => {
        on.broker.silentOn.add('publish').add('pubrel');
        const { client, server } = await on.online();
        const [one, two] = ([1, 2] as const).map((qos) => watch(client.publish('a', 'x', { qos })));
        await on.settle();
        const properties = { reasonString: 'nobody', userProperties };
        server.send({ type: 'puback', packetId: 1, reasonCode: 0x10, properties });
        server.send({ type: 'pubrec', packetId: 2, reasonCode: 0x10, properties });
        await on.settle();
        server.send({ type: 'pubcomp', packetId: 2 });
        await on.settle();
        for (const { values, completed } of [one!, two!]) {
          expect([values.length, completed]).to.deep.equal([1, true]);
          expect(values[0]).to.deep.include({ reasonCode: 0x10, reasonString: 'nobody', userProperties });
        }
      });

      for (const qos of [1, 2] as const) {
        it(`should be a PublishRefusedError from 0x80 on, which frees the identifier, at QoS ${qos} [MQTT5-4.3.3-4]`, async () => {
          on.broker.silentOn.add('publish');
          const { client, server } = await on.online();
          const publish = watch(client.publish('a', 'x', { qos }));
          await on.settle();
          const type = qos === 1 ? 'puback' : 'pubrec';
          const properties = { reasonString: 'enough', userProperties };
          server.send({ type, packetId: 1, reasonCode: 0x97, properties });
          await on.settle();
          expect(publish.error).to.be.instanceOf(PublishRefusedError);
          expect(publish.error).to.deep.include({
            topic: 'a',
            reasonCode: 0x97,
            reasonString: 'enough',
            userProperties,
          });
          expect((publish.error as Error).message)
            .to.contain('Quota exceeded')
            .and.contain('enough');
          expect(server.take('pubrel')).to.deep.equal([]);
          const ended = watch(client.end({ timeout: 0 })); // nothing is in flight
          await on.settle();
          expect(ended.completed).to.equal(true);
        });
      }

      it('should end the exchange when the server does not know the identifier of a PUBREL (MQTT5 section 4.3.3)', async () => {
        on.broker.silentOn.add('pubrel');
        const { client, server } = await on.online();
        const publish = watch(client.publish('a', 'x', { qos: 2 }));
        await on.settle();
        server.send({ type: 'pubcomp', packetId: 1, reasonCode: 0x92 });
        await on.settle();
        expect(publish.completed).to.equal(true);
      });

      it('should answer a PUBREC and a PUBREL of an unknown exchange with 0x92 (MQTT5 section 4.3.3)', async () => {
        const { server } = await on.online();
        server.send({ type: 'pubrec', packetId: 7 }, { type: 'pubrel', packetId: 8 });
        await on.settle();
        expect(server.take()).to.deep.equal([
          { type: 'pubrel', packetId: 7, reasonCode: 0x92 },
          { type: 'pubcomp', packetId: 8, reasonCode: 0x92 },
        ]);
      });
    });

    describe('properties of a message', () => {
      it('should go out as they were given, user properties in order and with duplicates [MQTT5-3.3.2-18]', async () => {
        const { client, server } = await on.online();
        const properties = {
          payloadFormatIndicator: 1,
          contentType: 'application/json',
          responseTopic: 'answers/1',
          correlationData: 'request 7',
          userProperties: [
            ['b', '1'],
            ['a', '2'],
            ['b', '1'],
          ],
        } as const;
        watch(client.publish('a', '{}', { properties }));
        await on.settle();
        const correlationData = new TextEncoder().encode('request 7');
        expect(server.take('publish')[0]!.properties).to.deep.equal({ ...properties, correlationData });
      });

      it('should take user properties as a record and as a Map', async () => {
        const { client, server } = await on.online();
        watch(client.publish('a', '', { properties: { userProperties: { x: '1', y: '2' } } }));
        watch(client.publish('a', '', { properties: { userProperties: new Map([['x', '1']]) } }));
        await on.settle();
        expect(server.take('publish').map(({ properties }) => properties?.userProperties)).to.deep.equal([
          [
            ['x', '1'],
            ['y', '2'],
          ],
          [['x', '1']],
        ]);
      });

      for (const [name, value, why] of [
        ['contentType', 5, 'expected a string'],
        ['payloadFormatIndicator', 2, 'expected 0 or 1'],
        ['messageExpiryInterval', -1, 'seconds'],
        ['responseTopic', 'a/+', 'not allowed'],
        ['correlationData', {}, 'Uint8Array'],
        ['userProperties', 'x', 'pairs'],
        ['userProperties', [['x']], 'pairs'],
        ['userProperties', { x: 1 }, 'expected a string'],
        ['topicAlias', 1, 'no such property'],
        ['subscriptionIdentifiers', [1], 'no such property'],
      ] as const) {
        it(`should be refused with the property's name: ${name} ${JSON.stringify(value)}`, () => {
          const properties = { [name]: value } as never;
          const { error } = watch(on.client().publish('a', '', { properties }));
          expect(error).to.include({ code: 'INVALID_ARGUMENT', field: `properties.${name}` });
          expect((error as Error).message).to.contain(why);
        });
      }

      it('should be refused when no packet can carry them, and block nothing that waits behind', async () => {
        on.broker.dial = 'refuse';
        const client = on.client();
        const many = Array.from({ length: 1_001 }, (_, i) => [String(i), ''] as const);
        const long = Array.from({ length: 5 }, () => ['a', 'ä'.repeat(32_000)] as const);
        const refused = [many, long].map((userProperties) => watch(client.publish('a', '', { properties: { userProperties } }))); // prettier-ignore
        const next = watch(client.publish('a', 'x', { qos: 1 }));
        await on.tick(500);
        on.broker.dial = 'accept';
        await on.tick(1_000);
        expect(refused.map(({ error }) => (error as Error).message)).to.deep.equal([
          'properties.userProperties: expected 1000 pairs at most, got 1001',
          'properties.userProperties: expected 262144 bytes at most, got 320030',
        ]);
        expect(next.completed).to.equal(true);
      });

      it('should be those that were given, whatever becomes of the array', async () => {
        on.broker.dial = 'refuse';
        const client = on.client();
        const pair: [string, string] = ['a', '1'];
        const sent = watch(client.publish('a', '', { qos: 1, properties: { userProperties: [pair] } }));
        pair[1] = 1 as never;
        await on.tick(500);
        on.broker.dial = 'accept';
        await on.tick(1_000);
        expect(on.broker.current.take('publish')[0]!.properties?.userProperties).to.deep.equal([['a', '1']]);
        expect(sent.completed).to.equal(true);
      });

      it('should be sent again with a repetition, and belong to no other message', async () => {
        on.broker.silentOn.add('publish');
        const { client, server } = await on.online({ cleanSession: false });
        watch(client.publish('a', 'x', { qos: 1, properties: { contentType: 'text/plain' } }));
        watch(client.publish('a', 'y', { qos: 1 }));
        await on.settle();
        on.broker.connack = { sessionPresent: true };
        server.close();
        await on.tick(1_000);
        const sent = on.broker.current.take('publish').map(({ properties }) => properties);
        expect(sent).to.deep.equal([{ contentType: 'text/plain' }, undefined]);
      });
    });

    describe('expiry', () => {
      it('should be told as what is left, rounded up, at each sending [MQTT5-3.3.2-6]', async () => {
        on.broker.silentOn.add('publish');
        on.broker.dial = 'refuse';
        const client = on.client({ cleanSession: false });
        watch(client.publish('a', 'x', { qos: 1, expiry: 60_000 }));
        await on.tick(2_100);
        on.broker.dial = 'accept';
        await on.tick(1_400); // the third attempt comes after 3,000 ms
        const told = () => on.broker.current.take('publish')[0]?.properties?.messageExpiryInterval;
        expect(told()).to.equal(57);
        on.broker.connack = { sessionPresent: true };
        on.broker.current.close();
        await on.tick(4_000); // sent again after 7,500 ms
        expect(told()).to.equal(53);
      });

      it('should be told without waiting as it was given, and in seconds when it is a property', async () => {
        const { client, server } = await on.online();
        watch(client.publish('a', 'x', { expiry: 60_000 }));
        watch(client.publish('a', 'x', { expiry: 1 }));
        watch(client.publish('a', 'x', { properties: { messageExpiryInterval: 31_536_000 } }));
        await on.settle();
        const told = server.take('publish').map(({ properties }) => properties?.messageExpiryInterval);
        expect(told).to.deep.equal([60, 1, 31_536_000]);
      });

      it('should be refused when it is said twice', () => {
        const options = { expiry: 5, properties: { messageExpiryInterval: 5 } };
        expect(watch(on.client().publish('a', '', options)).error).to.include({ field: 'expiry' });
      });
    });

    it('should err for good with a clean session, also if the server keeps that by itself: the next connection discards it', async () => {
      says({ sessionExpiryInterval: 100 });
      on.broker.silentOn.add('publish');
      const { client, server } = await on.online();
      const inFlight = watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      server.send({ type: 'disconnect', reasonCode: 0x8e });
      await on.settle();
      expect(inFlight.error).to.include({ code: 'SERVER_DISCONNECT' });
    });

    it('should say in the receipt how long a message waited for a connection, and nothing if it did not', async () => {
      on.broker.dial = 'refuse';
      const client = on.client();
      const waited = watch(client.publish('a', 'x', { qos: 1 }));
      await on.tick(2_500);
      on.broker.dial = 'accept';
      await on.tick(5_000);
      expect(waited.values[0]?.queuedFor).to.be.within(2_500, 7_500);
      const prompt = watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      expect(prompt.values[0]).not.to.have.property('queuedFor');
    });
  },
  [5],
);

clientSpecs(
  'MQTT 5 where 3.1.1 is spoken',
  (on) => {
    it('should err at once for properties when the client speaks 3.1.1', () => {
      const { error } = watch(on.client().publish('a', '', { properties: { contentType: 'x' } }));
      expect(error).to.include({ code: 'NOT_SUPPORTED' });
      expect((error as Error).message).to.contain("protocolVersion to 5 or 'auto'");
    });

    it("should err when it would be sent, with protocolVersion: 'auto' at a server of 3.1.1", async () => {
      on.broker.offends = (packet) => packet.type === 'connect' && packet.properties !== undefined;
      const client = on.client({ protocolVersion: 'auto', topicAliasMaximum: 1 });
      const held = watch(client.connection$);
      const bad = watch(client.publish('a', '', { qos: 1, properties: { contentType: 'x' } }));
      const expiring = watch(client.publish('a', '', { qos: 1, expiry: 60_000 }));
      await on.tick(3_000);
      expect(held.values.at(-1)).to.include({ protocolVersion: 4 });
      expect(bad.error).to.include({ code: 'NOT_SUPPORTED' });
      expect(expiring.completed).to.equal(true);
    });

    for (const protocolVersion of [4, 'auto'] as const) {
      it(`should send the message without properties that are not required, with protocolVersion: ${protocolVersion}`, async () => {
        on.broker.offends = (packet) => packet.type === 'connect' && packet.properties !== undefined;
        const client = on.client({ protocolVersion });
        const options = { qos: 1, properties: { contentType: 'x' }, propertiesRequired: false } as const;
        const sent = watch(client.publish('a', '', options));
        await on.tick(3_000);
        expect([sent.completed, sent.error]).to.deep.equal([true, undefined]);
        const publish = on.broker.current.received.find((packet) => packet.type === 'publish');
        expect(publish).to.include({ topic: 'a' }).and.not.have.property('properties');
      });
    }
  },
  [4],
);
