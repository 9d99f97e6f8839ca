import { expect } from 'chai';
import { map, of } from 'rxjs';
import type { ClientOptions, Duplex } from '../../lib/index.js';
import type { Packet, QoS } from '../../lib/packet/Packet.js';
import type { ScriptedConnection } from '../support/ScriptedConnection.js';
import { message, texts } from '../support/message.js';
import { type Stage, clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const KEPT: ClientOptions = { cleanSession: false };
const EITHER = [1, 2] as const;

/** Packets in short: type and identifier, PUBLISH with its DUP. */
const short = (packets: readonly Packet[]) =>
  packets.map((packet) => {
    const id = 'packetId' in packet ? ` ${packet.packetId}` : '';
    return `${packet.type}${id}${packet.type === 'publish' && packet.dup ? ' dup' : ''}`;
  });

/** Statements of MQTT 5 that nothing else proves. */
const statements = (on: Stage) => {
  /** Cuts the connection; the next one is given the session. */
  const resume = async (server: ScriptedConnection) => {
    on.broker.connack = { ...(on.broker.connack as object), sessionPresent: true };
    server.close();
    while (on.broker.current === server) await on.tick(1_000);
    const again = on.broker.current;
    again.take('connect');
    return again;
  };
  /** A client that hears everything of `a`, at the QoS with which it is sent. */
  const hearing = async (options?: ClientOptions) => {
    const { client, server } = await on.online(options);
    const heard = watch(client.topic$('a', { qos: 2 }));
    await on.settle();
    server.take();
    return { client, server, heard };
  };

  describe('the session', () => {
    for (const cleanSession of [true, 'first'] as const) {
      it(`should end the connection when it is told of one, and asked for a new one: cleanSession ${cleanSession} [MQTT5-3.2.2-4]`, async () => {
        on.broker.connack = { sessionPresent: true };
        const held = watch<unknown>(on.client({ cleanSession }).connection$);
        await on.settle();
        const { current } = on.broker;
        expect(current.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x82 }]);
        expect([current.hungUp, held.values]).to.deep.equal([true, []]);
      });
    }

    it('should be taken up with cleanSession: false, although nothing is known of it: what it holds is unknown, not absent [MQTT5-3.2.2-4]', async () => {
      on.broker.connack = { sessionPresent: true };
      const { server, held } = await on.online(KEPT);
      expect([server.open, held.values.length]).to.deep.equal([true, 1]);
    });

    it('should be discarded when the server has none: identifiers that were heard and messages under way [MQTT5-3.2.2-5]', async () => {
      const { client, server, heard } = await hearing(KEPT);
      on.broker.silentOn.add('publish').add('pubrec');
      server.send(message('a', 'old', { qos: 2, packetId: 7 }));
      const lost = watch(client.publish('b', 'x', { qos: 2 }));
      await on.settle();
      server.close(); // the next CONNACK says: no session
      await on.tick(1_000);
      const again = on.broker.current;
      expect(again.received[0]).to.include({ type: 'connect', cleanStart: false });
      expect([again.take('publish'), again.take('pubrel')]).to.deep.equal([[], []]);
      expect(lost.error).to.include({ code: 'SESSION_LOST' });
      again.send(message('a', 'new', { qos: 2, packetId: 7 }));
      await on.settle();
      expect(texts(heard.values)).to.deep.equal(['old', 'new']);
    });
  });

  describe('authentication', () => {
    it('should let nothing but AUTH go before CONNACK [MQTT5-3.1.2-30]', async () => {
      on.broker.connack = 'silent';
      const client = on.client({ authentication: { method: 'm', respond: () => of('answer') } });
      watch(client.publish('a', '0'));
      watch(client.publish('a', '1', { qos: 1 }));
      watch(client.topic$('a'));
      watch(client.subscribe('b'));
      watch(client.unsubscribe('c'));
      watch(client.ping());
      await on.settle();
      const server = on.broker.current;
      server.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } });
      await on.settle();
      expect(server.take().map(({ type }) => type)).to.deep.equal(['connect', 'auth']);
      const properties = { authenticationMethod: 'm' };
      server.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties });
      await on.settle();
      expect(server.take().map(({ type }) => type)).to.include.members(['publish', 'subscribe', 'pingreq']);
    });

    it('should send no AUTH without a method, whatever is asked and whatever comes [MQTT5-4.12.0-7]', async () => {
      const { client, server } = await on.online();
      const again = watch(client.reauthenticate());
      await on.settle();
      expect([again.ends, again.completed, server.take()]).to.deep.equal([1, false, []]);
      server.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } });
      await on.settle();
      expect(short(server.take())).to.deep.equal(['disconnect']);
      expect(server.hungUp).to.equal(true);
    });
  });

  describe('properties', () => {
    for (const [what, text] of [
      ['half a surrogate pair', '\ud800'],
      ['U+0000', 'a\0'],
    ] as const) {
      for (const userProperties of [[[text, 'x']], [['x', text]]] as const) {
        const where = userProperties[0][0] === text ? 'name' : 'value';
        it(`should be refused with ${what} in a user property, and nothing be sent: ${where} [MQTT5-1.5.7-1]`, async () => {
          const { client, server } = await on.online();
          const { error } = watch(client.publish('a', '', { properties: { userProperties } }));
          expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'properties.userProperties' });
          await on.settle();
          expect(server.take()).to.deep.equal([]);
        });
      }

      it(`should be refused with ${what} in a response topic and a content type, and nothing be sent [MQTT5-3.3.2-13] [MQTT5-3.3.2-19]`, async () => {
        const { client, server } = await on.online();
        for (const name of ['responseTopic', 'contentType']) {
          const { error } = watch(client.publish('a', '', { properties: { [name]: text } }));
          expect(error).to.include({ code: 'INVALID_ARGUMENT', field: `properties.${name}` });
        }
        await on.settle();
        expect(server.take()).to.deep.equal([]);
      });
    }

    it('should be UTF-8 when they are sent: a response topic and a content type [MQTT5-3.3.2-13] [MQTT5-3.3.2-19]', async () => {
      const { client, server } = await on.online();
      const properties = { responseTopic: 'é/温', contentType: '🐢' };
      watch(client.publish('a', '', { properties }));
      await on.settle();
      expect(server.take('publish')[0]!.properties).to.deep.equal(properties);
    });

    for (const responseTopic of ['a/+', '#', 'a+b']) {
      it(`should be refused with wildcards in a response topic, and nothing be sent: ${responseTopic} [MQTT5-3.3.2-14]`, async () => {
        const { client, server } = await on.online();
        const { error } = watch(client.publish('a', '', { properties: { responseTopic } }));
        expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'properties.responseTopic' });
        await on.settle();
        expect(server.take()).to.deep.equal([]);
      });
    }

    for (const [what, bytes, statement] of [
      ['the name of a user property', [0x26, 0, 1, 0xff, 0, 0], '1.5.7-1'],
      ['the value of a user property', [0x26, 0, 0, 0, 1, 0xff], '1.5.7-1'],
      ['a response topic', [0x08, 0, 1, 0xff], '3.3.2-13'],
      ['a content type', [0x03, 0, 1, 0xff], '3.3.2-19'],
    ] as const) {
      it(`should end the connection with 0x81 when they come and are no UTF-8: ${what} [MQTT5-${statement}]`, async () => {
        const { server, heard } = await hearing();
        server.sendBytes(Uint8Array.of(0x30, 4 + bytes.length, 0, 1, 0x61, bytes.length, ...bytes));
        await on.settle();
        expect(server.take()).to.deep.equal([{ type: 'disconnect', reasonCode: 0x81 }]);
        expect([server.hungUp, heard.values]).to.deep.equal([true, []]);
      });
    }

    it('should be refused with a subscription identifier, and nothing be sent [MQTT5-3.3.4-6]', async () => {
      const { client, server } = await on.online();
      const properties = { subscriptionIdentifiers: [1] } as never;
      const { error } = watch(client.publish('a', '', { properties }));
      expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'properties.subscriptionIdentifiers' });
      await on.settle();
      expect(server.take()).to.deep.equal([]);
    });

    it('should have no subscription identifier when a message that came with one is published again [MQTT5-3.3.4-6]', async () => {
      const { client, server, heard } = await hearing();
      server.send({ ...message('a', 'x'), properties: { subscriptionIdentifiers: [1], contentType: 't' } });
      await on.settle();
      const [{ topic, payload }] = heard.values as [(typeof heard.values)[0]];
      watch(client.publish(`${topic}/again`, payload, { qos: 1 }));
      await on.settle();
      const [sent] = server.take('publish');
      expect([sent!.topic, sent!.properties]).to.deep.equal(['a/again', undefined]);
    });
  });

  describe('shared filters', () => {
    for (const [filter, statement] of [
      ['$share/', '4.8.2-1'],
      ['$share//a', '4.8.2-1'],
      ['$share/+/a', '4.8.2-2'],
      ['$share/g+/a', '4.8.2-2'],
      ['$share/#/a', '4.8.2-2'],
      ['$share/g#/a', '4.8.2-2'],
      ['$share/g', '4.8.2-2'],
      ['$share/g/', '4.8.2-2'],
      ['$share/g/a/#/b', '4.8.2-2'],
    ] as [filter: string, statement: string][]) {
      it(`should be refused, and nothing be sent: ${filter} [MQTT5-${statement}]`, async () => {
        const { client, server } = await on.online();
        for (const source of [client.topic$(filter), client.subscribe(filter)]) {
          expect(watch<unknown>(source).error).to.include({ code: 'INVALID_TOPIC' });
        }
        await on.settle();
        expect(server.take()).to.deep.equal([]);
      });
    }

    it('should go out as they are when they are well-formed [MQTT5-4.8.2-1] [MQTT5-4.8.2-2]', async () => {
      const { client, server } = await on.online();
      const filters = ['$share/g/a', '$share/g//', '$share/$g/+/#'];
      for (const filter of filters) watch(client.topic$(filter));
      await on.settle();
      const sent = server.take('subscribe').flatMap(({ subscriptions }) => subscriptions.map(({ filter }) => filter));
      expect(sent).to.deep.equal(filters);
    });
  });

  describe('identifiers', () => {
    it('should be other than 0 and free for each new packet, whatever its type [MQTT5-2.2.1-3] [MQTT5-4.3.2-1]', async () => {
      on.broker.silentOn.add('publish').add('subscribe').add('unsubscribe');
      const { client, server } = await on.online();
      watch(client.publish('a', '1', { qos: 1 }));
      watch(client.subscribe('s'));
      watch(client.publish('a', '2', { qos: 2 }));
      watch(client.unsubscribe('u'));
      watch(client.publish('a', '3', { qos: 1 }));
      await on.settle();
      const ids = server.take().map((packet) => ('packetId' in packet ? packet.packetId : 0));
      expect([ids.length, new Set(ids).size, ids.includes(0)]).to.deep.equal([5, 5, false]);
    });
  });

  describe('a QoS 1 message that is sent', () => {
    it('should go out once with QoS 1 and DUP 0, and stand for unacknowledged until PUBACK [MQTT5-4.3.2-2] [MQTT5-4.3.2-3]', async () => {
      on.broker.auto = false;
      const client = on.client({ ...KEPT, keepAlive: 0 });
      const publish = watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      let server = on.broker.current;
      server.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
      await on.tick(3_600_000);
      const [sent, ...others] = server.take('publish');
      expect(sent).to.include({ qos: 1, dup: false }).and.have.property('packetId').that.is.greaterThan(0);
      expect([others, publish.ends]).to.deep.equal([[], 0]);
      server.close();
      await on.tick(1_000);
      server = on.broker.current;
      server.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
      await on.settle();
      expect(server.take('publish').map(({ packetId }) => packetId)).to.deep.equal([sent!.packetId]);
      expect(publish.ends).to.equal(0);
      server.send({ type: 'puback', packetId: sent!.packetId });
      await on.settle();
      expect(publish.completed).to.equal(true);
    });
  });

  describe('a QoS 2 message that is sent', () => {
    const sending = async () => {
      on.broker.silentOn.add('publish').add('pubrel');
      const { client, server } = await on.online(KEPT);
      const publish = watch(client.publish('a', 'x', { qos: 2, expiry: 5_000 }));
      await on.settle();
      expect(short(server.take())).to.deep.equal(['publish 1']);
      return { client, server, publish };
    };

    it('should stand for unacknowledged until PUBREC: no PUBREL goes, and PUBLISH is sent again [MQTT5-4.3.3-3]', async () => {
      const { server, publish } = await sending();
      const again = await resume(server);
      expect([...short(server.take()), ...short(again.take())]).to.deep.equal(['publish 1 dup']);
      expect(publish.ends).to.equal(0);
      again.send({ type: 'pubrec', packetId: 1 });
      await on.settle();
      expect(short(again.take())).to.deep.equal(['pubrel 1']);
    });

    it('should have its PUBREL sent again until PUBCOMP, and its PUBLISH never again [MQTT5-4.3.3-5] [MQTT5-4.3.3-6]', async () => {
      const { server, publish } = await sending();
      server.send({ type: 'pubrec', packetId: 1 });
      await on.settle();
      expect(short(server.take())).to.deep.equal(['pubrel 1']);
      let current = server;
      for (let times = 0; times < 3; times++) {
        current = await resume(current);
        expect(short(current.take())).to.deep.equal(['pubrel 1']);
        current.send({ type: 'pubrec', packetId: 1 }); // once more
        await on.settle();
        expect(short(current.take())).to.deep.equal(['pubrel 1']);
      }
      expect(publish.ends).to.equal(0);
      current.send({ type: 'pubcomp', packetId: 1 });
      await on.settle();
      expect(publish.completed).to.equal(true);
      expect(short((await resume(current)).take())).to.deep.equal([]);
    });

    it('should not expire any more: the exchange goes on to its end [MQTT5-4.3.3-7]', async () => {
      const { server, publish } = await sending();
      await on.tick(20_000);
      expect([publish.ends, server.take('publish')]).to.deep.equal([0, []]);
      server.send({ type: 'pubrec', packetId: 1 });
      await on.tick(20_000);
      expect(short(server.take())).to.deep.equal(['pubrel 1']);
      server.send({ type: 'pubcomp', packetId: 1 });
      await on.settle();
      expect(publish.completed).to.equal(true);
    });

    it('should not expire either while there is no connection: it is sent again [MQTT5-4.3.3-7]', async () => {
      const { server, publish } = await sending();
      on.broker.dial = 'refuse';
      server.close();
      await on.tick(20_000);
      on.broker.dial = 'accept';
      on.broker.connack = { sessionPresent: true };
      await on.tick(60_000);
      expect(short(on.broker.current.take('publish'))).to.deep.equal(['publish 1 dup']);
      expect(publish.ends).to.equal(0);
    });
  });

  describe('a message that comes', () => {
    it('should be answered with PUBACK at QoS 1, and its identifier then be that of a new one, whatever its DUP [MQTT5-4.3.2-4] [MQTT5-4.3.2-5]', async () => {
      const { server, heard } = await hearing();
      for (const [place, dup] of [false, true, false, true].entries()) {
        server.send(message('a', String(place), { qos: 1, packetId: 7, dup }));
        await on.settle();
        expect(server.take()).to.deep.equal([{ type: 'puback', packetId: 7 }]);
      }
      expect(texts(heard.values)).to.deep.equal(['0', '1', '2', '3']);
    });

    it('should be answered with PUBREC at QoS 2 each time, and be passed on once, until PUBREL [MQTT5-4.3.3-8] [MQTT5-4.3.3-10]', async () => {
      on.broker.silentOn.add('pubrec');
      const { server, heard } = await hearing(KEPT);
      const comes = async (to: ScriptedConnection, dup: boolean) => {
        to.send(message('a', 'x', { qos: 2, packetId: 7, dup }));
        await on.settle();
        expect(to.take()).to.deep.equal([{ type: 'pubrec', packetId: 7 }]);
        expect(texts(heard.values)).to.deep.equal(['x']);
      };
      await comes(server, false);
      await comes(server, true);
      await comes(server, false);
      const again = await resume(server);
      again.take();
      await comes(again, true);
    });

    it('should have its PUBREL answered with PUBCOMP, and its identifier then be that of a new one, whatever its DUP [MQTT5-4.3.3-11] [MQTT5-4.3.3-12]', async () => {
      on.broker.silentOn.add('pubrec');
      const { server, heard } = await hearing();
      for (const [place, dup] of [false, true, false].entries()) {
        server.send(message('a', String(place), { qos: 2, packetId: 7, dup }), { type: 'pubrel', packetId: 7 });
        await on.settle();
        expect(server.take()).to.deep.equal([
          { type: 'pubrec', packetId: 7 },
          { type: 'pubcomp', packetId: 7 },
        ]);
      }
      expect(texts(heard.values)).to.deep.equal(['0', '1', '2']);
    });

    it('should be answered to the end although it has expired [MQTT5-4.3.3-13]', async () => {
      on.broker.silentOn.add('pubrec');
      const { server, heard } = await hearing();
      const expiring = message('a', 'x', { qos: 2, packetId: 7, properties: { messageExpiryInterval: 1 } });
      server.send(expiring);
      await on.tick(10_000);
      server.send({ ...expiring, dup: true });
      await on.tick(10_000);
      server.send({ type: 'pubrel', packetId: 7 });
      await on.settle();
      expect(short(server.take())).to.deep.equal(['pubrec 7', 'pubrec 7', 'pubcomp 7']);
      expect(texts(heard.values)).to.deep.equal(['x']);
    });
  });

  describe('sending again', () => {
    it('should happen when the session is resumed and never otherwise: PUBLISH and PUBREL with their identifiers [MQTT5-4.4.0-1]', async () => {
      on.broker.silentOn.add('publish').add('pubrel');
      const { client, server } = await on.online(KEPT);
      for (const qos of [1, 2, 2] as const) watch(client.publish('a', '', { qos }));
      await on.settle();
      server.send({ type: 'pubrec', packetId: 3 });
      await on.tick(3_600_000);
      const sent = server.take().filter(({ type }) => type !== 'pingreq');
      expect(short(sent)).to.deep.equal(['publish 1', 'publish 2', 'publish 3', 'pubrel 3']);
      const again = await resume(server);
      await on.tick(3_600_000);
      const repeated = again.take().filter(({ type }) => type !== 'pingreq');
      expect(short(repeated)).to.deep.equal(['pubrel 3', 'publish 1 dup', 'publish 2 dup']);
    });

    it('should spare what was answered with PUBACK, or with PUBREC from 0x80 on [MQTT5-4.4.0-2]', async () => {
      on.broker.silentOn.add('publish');
      const { client, server } = await on.online(KEPT);
      for (const qos of [1, 1, 2, 1] as const) watch(client.publish('a', '', { qos }));
      await on.settle();
      server.send(
        { type: 'puback', packetId: 1 },
        { type: 'puback', packetId: 2, reasonCode: 0x97 },
        { type: 'pubrec', packetId: 3, reasonCode: 0x97 },
      );
      await on.settle();
      expect(short((await resume(server)).take())).to.deep.equal(['publish 4 dup']);
    });
  });

  describe('the order of acknowledgements', () => {
    for (const [qos, type, statement] of [
      [1, 'puback', '4.6.0-2'],
      [2, 'pubrec', '4.6.0-3'],
    ] as const) {
      it(`should be that of the messages: ${type.toUpperCase()} [MQTT5-${statement}]`, async () => {
        on.broker.silentOn.add('pubrec');
        const { server } = await hearing();
        const ids = [5, 3, 65_535, 1, 4];
        const other: QoS = qos === 1 ? 2 : 1;
        server.send(...ids.map((packetId) => message('a', '', { qos, packetId })));
        server.send(message('a', '', { qos: other, packetId: 9 }), message('b', '', { qos, packetId: 2 }));
        await on.settle();
        expect(server.take(type).map(({ packetId }) => packetId)).to.deep.equal([...ids, 2]);
      });
    }

    it('should be that of the PUBRECs, now and at the next connection: PUBREL [MQTT5-4.6.0-4]', async () => {
      on.broker.silentOn.add('publish').add('pubrel');
      const { client, server } = await on.online(KEPT);
      for (let i = 0; i < 4; i++) watch(client.publish('a', '', { qos: 2 }));
      await on.settle();
      server.take();
      for (const packetId of [3, 1, 4, 2]) server.send({ type: 'pubrec', packetId });
      await on.settle();
      const order = ['pubrel 3', 'pubrel 1', 'pubrel 4', 'pubrel 2'];
      expect(short(server.take())).to.deep.equal(order);
      expect(short((await resume(server)).take())).to.deep.equal(order);
    });
  });

  describe('the quota', () => {
    for (const receiveMaximum of [1, 3]) {
      it(`should be Receive Maximum at the beginning of each connection, and PUBLISH wait at 0: ${receiveMaximum} [MQTT5-4.9.0-1] [MQTT5-4.9.0-2]`, async () => {
        on.broker.connack = { properties: { receiveMaximum } };
        on.broker.silentOn.add('publish').add('pubrel');
        const { client, server } = await on.online(KEPT);
        for (let i = 0; i < 5; i++) watch(client.publish('a', '', { qos: EITHER[i % 2]! }));
        await on.settle();
        expect(server.take('publish').length).to.equal(receiveMaximum);
        await on.tick(10_000);
        expect(server.take('publish')).to.deep.equal([]);
        expect((await resume(server)).take('publish').length).to.equal(receiveMaximum);
      });
    }

    it('should be given back by PUBACK, by PUBCOMP and by PUBREC from 0x80 on, by PUBREC below not [MQTT5-4.9.0-2]', async () => {
      on.broker.connack = { properties: { receiveMaximum: 1 } };
      on.broker.silentOn.add('publish').add('pubrel');
      const { client, server } = await on.online();
      for (const qos of [1, 2, 2, 1] as const) watch(client.publish('a', '', { qos }));
      const after = async (packet?: Packet) => {
        if (packet) server.send(packet);
        await on.settle();
        return short(server.take());
      };
      expect(await after()).to.deep.equal(['publish 1']);
      expect(await after({ type: 'puback', packetId: 1 })).to.deep.equal(['publish 2']);
      expect(await after({ type: 'pubrec', packetId: 2 })).to.deep.equal(['pubrel 2']);
      expect(await after({ type: 'pubcomp', packetId: 2 })).to.deep.equal(['publish 3']);
      expect(await after({ type: 'pubrec', packetId: 3, reasonCode: 0x80 })).to.deep.equal(['publish 4']);
    });

    it('should delay no packets but PUBLISH when it is 0: all others go out, and what comes is answered [MQTT5-3.3.4-8] [MQTT5-4.9.0-3]', async () => {
      on.broker.connack = { properties: { receiveMaximum: 1 } };
      on.broker.silentOn.add('publish').add('pubrec');
      const { client, server, heard } = await hearing();
      const waiting = [1, 2].map(() => watch(client.publish('b', '', { qos: 1 })));
      await on.settle();
      expect(short(server.take())).to.deep.equal(['publish 2']);
      const all = [watch<unknown>(client.subscribe('c')), watch<unknown>(client.ping())];
      await on.settle();
      all.push(watch<unknown>(client.unsubscribe('c')));
      await on.settle();
      expect(all.map(({ completed }) => completed)).to.deep.equal([true, true, true]);
      expect(server.take().map(({ type }) => type)).to.have.members(['subscribe', 'pingreq', 'unsubscribe']);
      server.send(message('a', '1', { qos: 1, packetId: 1 }), message('a', '2', { qos: 2, packetId: 2 }));
      server.send({ type: 'pubrel', packetId: 2 });
      await on.settle();
      expect(short(server.take())).to.deep.equal(['puback 1', 'pubrec 2', 'pubcomp 2']);
      expect(texts(heard.values)).to.deep.equal(['1', '2']);
      expect(waiting.map(({ ends }) => ends)).to.deep.equal([0, 0]);
    });
  });

  describe('the end of a connection', () => {
    it('should be told with 0x81 when DISCONNECT of the server has flags [MQTT5-3.14.1-1]', async () => {
      for (const flags of [1, 2, 4, 8, 15]) {
        const { server } = await on.online({ clientId: `spec ${flags}` });
        server.sendBytes(Uint8Array.of(0xe0 | flags, 0));
        await on.settle();
        expect(server.take()).to.deep.equal([{ type: 'disconnect', reasonCode: 0x81 }]);
        expect(server.hungUp).to.equal(true);
      }
    });

    for (const [what, offence, reasonCode] of [
      ['0x81', [0xf1, 0], 0x81],
      ['0x82', [0x20, 3, 0, 0, 0], 0x82],
    ] as const) {
      it(`should follow a DISCONNECT ${what} at once [MQTT5-4.13.2-1]`, async () => {
        const { server } = await on.online();
        server.sendBytes(Uint8Array.from(offence));
        await on.settle();
        expect(server.take()).to.deep.equal([{ type: 'disconnect', reasonCode }]);
        expect(server.hungUp).to.equal(true);
      });
    }

    it('should come also when DISCONNECT cannot be sent [MQTT5-4.13.2-1]', async () => {
      let isJammed = false;
      const jamming = map(({ bytes$, ...duplex }: Duplex) => ({
        bytes$,
        buffered: 0,
        write(bytes: Uint8Array) {
          if (isJammed) throw new Error('EPIPE');
          duplex.write(bytes);
        },
      }));
      const { server } = await on.online({ server: on.broker.transport.pipe(jamming) });
      isJammed = true;
      server.sendBytes(Uint8Array.of(0xf1, 0));
      await on.settle();
      expect([server.take(), server.hungUp]).to.deep.equal([[], true]);
    });
  });
};

clientSpecs('statements of MQTT 5', statements, [5]);
