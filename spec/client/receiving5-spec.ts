import { expect } from 'chai';
import { ProtocolError } from '../../lib/index.js';
import type { PublishPacket, QoS } from '../../lib/packet/Packet.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs(
  'receiving with MQTT 5',
  (on) => {
    const message = (text: string, qos: QoS = 0, packetId = 0): PublishPacket => ({
      type: 'publish',
      topic: 'a',
      payload: new TextEncoder().encode(text),
      qos,
      retain: false,
      dup: false,
      packetId,
    });

    it('should give a message its properties, user properties in order and with duplicates [MQTT5-3.3.2-18]', async () => {
      const { client, server } = await on.online();
      const heard = watch(client.topic$('a'));
      await on.settle();
      const properties = {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 60,
        contentType: 'text/plain',
        responseTopic: 'answers',
        correlationData: Uint8Array.of(1, 2),
        userProperties: [
          ['b', '1'],
          ['a', '2'],
          ['b', '1'],
        ],
      } as const;
      server.send({ ...message('x'), properties }, message('y'));
      await on.settle();
      expect(heard.values.map(({ properties }) => properties)).to.deep.equal([properties, {}]);
      expect(Object.isFrozen(heard.values[0])).to.equal(true);
    });

    it('should hand on a message whose response topic is none: some brokers pass it on, and a stranger must not cut connections', async () => {
      const { client, server } = await on.online();
      const heard = watch(client.topic$('a'));
      await on.settle();
      for (const topic of ['a/#', 'a/+', '']) {
        server.sendBytes(Uint8Array.of(0x30, 7 + topic.length, 0, 1, 0x61, 3 + topic.length, 8, 0, topic.length, ...Buffer.from(topic))); // prettier-ignore
      }
      await on.settle();
      expect(heard.values.map(({ properties }) => properties.responseTopic)).to.deep.equal(['a/#', 'a/+', '']);
      const [{ properties }] = heard.values as [(typeof heard.values)[0]];
      expect(watch(client.publish(properties.responseTopic!)).error).to.have.property('code', 'INVALID_TOPIC');
      expect(server.open).to.equal(true);
    });

    for (const [what, count] of [
      ['QoS 2 messages', 3],
      ['QoS 2 messages and one of QoS 1', 2],
    ] as const) {
      it(`should end the connection with 0x93 when more than Receive Maximum are open: ${what} [MQTT5-3.3.4-9]`, async () => {
        const { client, server, held } = await on.online({ receiveMaximum: 2 });
        expect(server.received[0]).to.have.nested.property('properties.receiveMaximum', 2);
        const heard = watch(client.topic$('a', { qos: 2 }));
        const events = watch(client.events$);
        await on.settle();
        on.broker.silentOn.add('pubrec');
        const open = Array.from({ length: count }, (_, i) => message(String(i), 2, i + 1));
        server.send(...open, ...(count === 2 ? [message('one more', 1, 9)] : []));
        await on.settle();
        expect(heard.values.map((one) => one.text())).to.deep.equal(['0', '1']);
        expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x93 }]);
        const lost = events.values.find(({ type }) => type === 'disconnected') as { cause?: unknown };
        expect(lost.cause).to.be.instanceOf(ProtocolError).and.include({ clause: 'MQTT5-3.3.4-9', reasonCode: 0x93 });
        await on.tick(1_000);
        expect([on.broker.connections.length, held.ends]).to.deep.equal([2, 0]);
      });
    }

    it('should count what is open, not what came: PUBCOMP frees a place, and so does PUBACK', async () => {
      const { client, server } = await on.online({ receiveMaximum: 1 });
      const heard = watch(client.topic$('a', { qos: 2 }));
      await on.settle();
      for (let i = 1; i <= 4; i++) {
        server.send(message(String(i), i % 2 === 0 ? 1 : 2, i));
        await on.settle();
      }
      expect([heard.values.length, server.open]).to.deep.equal([4, true]);
    });

    it('should count a message once that is sent again on the same connection, and anew on each connection', async () => {
      const { client, server } = await on.online({ receiveMaximum: 1, cleanSession: false });
      const heard = watch(client.topic$('a', { qos: 2 }));
      await on.settle();
      on.broker.silentOn.add('pubrec');
      server.send(message('x', 2, 1), { ...message('x', 2, 1), dup: true });
      await on.settle();
      expect(server.open).to.equal(true);
      on.broker.connack = { sessionPresent: true };
      server.close();
      await on.tick(1_000);
      const again = on.broker.current;
      again.send({ ...message('y', 2, 2) });
      await on.settle();
      again.send({ type: 'pubrel', packetId: 1 }); // of before: it frees nothing here
      await on.settle();
      expect([heard.values.map((one) => one.text()), again.open]).to.deep.equal([['x', 'y'], true]);
      again.send(message('z', 2, 3));
      await on.settle();
      expect(again.open).to.equal(false);
    });

    it('should end the connection with 0x95 at a packet above Maximum Packet Size [MQTT5-3.1.2-24]', async () => {
      const { server } = await on.online({ maxPacketSize: 100 });
      expect(server.received[0]).to.have.nested.property('properties.maximumPacketSize', 100);
      server.send(message('x'.repeat(100)));
      await on.settle();
      expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x95 }]);
    });

    it('should end the connection with 0x81 at bytes that are malformed [MQTT5-4.13.1-1]', async () => {
      const { server } = await on.online();
      server.sendBytes(Uint8Array.of(0x30, 5, 0, 1, 0x61, 1, 0xff)); // a PUBLISH with an unknown property
      await on.settle();
      expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x81 }]);
      expect(server.open).to.equal(false);
    });
  },
  [5],
);

clientSpecs(
  'receiveMaximum with MQTT 3.1.1',
  (on) => {
    it('should not be held against a server that cannot know it', async () => {
      const { client, server } = await on.online({ receiveMaximum: 1 });
      const heard = watch(client.topic$('a', { qos: 2 }));
      await on.settle();
      on.broker.silentOn.add('pubrec');
      const base = {
        type: 'publish',
        topic: 'a',
        payload: new Uint8Array(),
        qos: 2,
        retain: false,
        dup: false,
      } as const;
      server.send({ ...base, packetId: 1 }, { ...base, packetId: 2 });
      await on.settle();
      expect([heard.values.length, server.open]).to.deep.equal([2, true]);
    });
  },
  [4],
);
