import { expect } from 'chai';
import { config } from 'rxjs';
import sinon from 'sinon';
import type { ProtocolError } from '../../lib/errors.js';
import type { ConnectPacket, Packet, ProtocolVersion } from '../../lib/packet/Packet.js';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../../lib/testing.js';
import { type Rogue, publishOf, rogue } from '../support/rogue.js';

type Case = readonly [
  what: string,
  clause: string,
  versions: readonly ProtocolVersion[],
  deed: (client: Rogue, broker: TestBroker) => void,
  options?: TestBrokerOptions,
  connect?: Partial<ConnectPacket> | null,
];

const BOTH = [4, 5] as const;
const subscribeTo = (filter: string, packetId = 1): Packet => ({
  type: 'subscribe',
  packetId,
  subscriptions: [{ filter, qos: 2 }],
});
const method = { authenticationMethod: 'dance' };

/** Sends two messages to the client, whose acknowledgements it then gives in the wrong order. */
const outOfOrder = (type: 'puback' | 'pubrec', qos: 1 | 2) => (client: Rogue, broker: TestBroker) => {
  client.send(subscribeTo('#'));
  for (const topic of ['a', 'b']) broker.publish(topic, '', { qos });
  client.send({ type, packetId: 2 }, { type, packetId: 1 });
};

const CASES: readonly Case[] = [
  ['a packet before CONNECT', 'MQTT-3.1.0-1', BOTH, (client) => client.send({ type: 'pingreq' }), {}, null],
  ['a second CONNECT', 'MQTT-3.1.0-2', BOTH, (client) =>
    client.send({ type: 'connect', clientId: 'x', cleanStart: true, keepAlive: 0 })], // prettier-ignore
  ['a packet that only a server sends', 'MQTT section 2.2.1', BOTH, (client) => client.send({ type: 'pingresp' })],
  ['bytes that are no packet', 'MQTT-3.6.1-1', BOTH, (client) => client.sendBytes(Uint8Array.of(0x60, 2, 0, 1))],
  ['a packet behind DISCONNECT', 'MQTT-3.14.4-2', BOTH, (client) => client.send({ type: 'disconnect' }, { type: 'pingreq' })], // prettier-ignore
  ['a packet identifier that is in use', 'MQTT-2.3.1-2', BOTH, (client) =>
    client.send(publishOf({ qos: 2, packetId: 1 }), publishOf({ qos: 1, packetId: 1 }))], // prettier-ignore
  ['a packet identifier of a SUBSCRIBE that is not answered', 'MQTT-2.3.1-2', BOTH, (client, broker) => {
    broker.hold('suback');
    client.send(subscribeTo('a', 7), subscribeTo('b', 7));
  }], // prettier-ignore
  ['PUBACK for nothing', 'MQTT-2.3.1-6', BOTH, (client) => client.send({ type: 'puback', packetId: 3 })],
  ['PUBREC for nothing', 'MQTT-2.3.1-6', BOTH, (client) => client.send({ type: 'pubrec', packetId: 3 })],
  ['PUBCOMP for nothing', 'MQTT-2.3.1-6', BOTH, (client) => client.send({ type: 'pubcomp', packetId: 3 })],
  ['PUBACK in another order', 'MQTT-4.6.0-2', BOTH, outOfOrder('puback', 1)],
  ['PUBREC in another order', 'MQTT-4.6.0-3', BOTH, outOfOrder('pubrec', 2)],
  ['PUBREL in another order', 'MQTT-4.6.0-4', BOTH, (client) => {
    client.send(publishOf({ qos: 2, packetId: 1 }), publishOf({ qos: 2, packetId: 2 }));
    client.send({ type: 'pubrel', packetId: 2 });
  }], // prettier-ignore
  ['a message above Maximum QoS', 'MQTT5-3.2.2-11', [5], (client) => client.send(publishOf({ qos: 1, packetId: 1 })), { maximumQoS: 0 }], // prettier-ignore
  ['a retained message after Retain Available 0', 'MQTT5-3.2.2-14', [5], (client) => client.send(publishOf({ retain: true })), { retainAvailable: false }], // prettier-ignore
  ['a packet above Maximum Packet Size', 'MQTT5-3.2.2-15', [5], (client) =>
    client.send(publishOf({ payload: new Uint8Array(100) })), { maximumPacketSize: 100 }], // prettier-ignore
  ['more messages than Receive Maximum', 'MQTT5-3.3.4-7', [5], (client) =>
    client.send(...[1, 2, 3].map((packetId) => publishOf({ qos: 2, packetId }))), { receiveMaximum: 2 }], // prettier-ignore
  ['a topic alias above the maximum', 'MQTT5-3.2.2-17', [5], (client) =>
    client.send(publishOf({ properties: { topicAlias: 4 } })), { topicAliasMaximum: 3 }], // prettier-ignore
  ['a topic alias where there are none', 'MQTT5-3.2.2-18', [5], (client) =>
    client.send(publishOf({ properties: { topicAlias: 1 } })), { topicAliasMaximum: 0 }], // prettier-ignore
  ['a topic alias that was not set', 'MQTT5 section 3.3.2.3.4', [5], (client) =>
    client.send(publishOf({ topic: '', properties: { topicAlias: 1 } }))], // prettier-ignore
  ['a subscription identifier in a message', 'MQTT5-3.3.4-6', [5], (client) =>
    client.send(publishOf({ properties: { subscriptionIdentifiers: [1] } }))], // prettier-ignore
  ['a wildcard where there are none', 'MQTT5 section 3.2.2.3.11', [5], (client) => client.send(subscribeTo('+')), { wildcardSubscriptionAvailable: false }], // prettier-ignore
  ['a shared subscription where there are none', 'MQTT5 section 3.2.2.3.13', [5], (client) =>
    client.send(subscribeTo('$share/g/a')), { sharedSubscriptionAvailable: false }], // prettier-ignore
  ['a subscription identifier where there are none', 'MQTT5 section 3.2.2.3.12', [5], (client) =>
    client.send({ ...subscribeTo('a'), properties: { subscriptionIdentifier: 1 } } as Packet), { subscriptionIdentifiersAvailable: false }], // prettier-ignore
  ['AUTH without a method in CONNECT', 'MQTT5-4.12.0-7', [5], (client) =>
    client.send({ type: 'auth', reasonCode: 0x19, properties: method })], // prettier-ignore
  ['another packet than AUTH before CONNACK', 'MQTT5 section 4.12', [5], (client) => client.send({ type: 'pingreq' }),
    { authentication: { method: 'dance', respond: () => Uint8Array.of(1) } }, { properties: method }], // prettier-ignore
  ['AUTH with another reason code than the step has', 'MQTT5-4.12.0-3', [5], (client) =>
    client.send({ type: 'auth', reasonCode: 0x19, properties: method }),
    { authentication: { method: 'dance', respond: () => Uint8Array.of(1) } }, { properties: method }], // prettier-ignore
  ['a message that is sent again on the same connection', 'MQTT5-4.4.0-1', [5], (client) =>
    client.send(publishOf({ qos: 2, packetId: 1 }), publishOf({ qos: 2, packetId: 1, dup: true }))], // prettier-ignore
  ['a session expiry interval in DISCONNECT after 0', 'MQTT5 section 3.14.2.2.2', [5], (client) =>
    client.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 5 } })], // prettier-ignore
];

for (const version of BOTH) {
  describe(`what a client does against the protocol, at the test broker (MQTT ${version})`, () => {
    const unhandled: unknown[] = [];
    beforeEach(() => {
      unhandled.length = 0;
      config.onUnhandledError = (error) => unhandled.push(error);
    });
    afterEach(() => {
      config.onUnhandledError = null;
    });

    for (const [what, clause, versions, deed, options = {}, connect = {}] of CASES) {
      if (!versions.includes(version)) continue;
      it(`should be thrown with its clause, and the connection closed: ${what} (${clause.replace(/^MQTT5?[- ]/, '')})`, () => {
        const clock = sinon.useFakeTimers();
        try {
          const broker = testBroker(options);
          const client = rogue(broker, version, connect);
          deed(client, broker);
          clock.runAll();
          expect(unhandled).to.have.length(1);
          expect(unhandled[0]).to.include({ code: 'PROTOCOL', clause });
          expect(client.isClosed).to.equal(true);
          if (version === 5 && clause.startsWith('MQTT5-3.')) {
            expect(client.received.at(-1)).to.include({ type: 'disconnect', reasonCode: (unhandled[0] as ProtocolError).reasonCode }); // prettier-ignore
          }
          for (const call of [() => broker.verify(), () => broker.published(), () => broker.publish('a')]) {
            expect(call).to.throw(clause);
          }
        } finally {
          clock.restore();
        }
      });
    }

    it('should go to onViolation instead, if there is one', () => {
      const violations: ProtocolError[] = [];
      const broker = testBroker({ onViolation: (error) => violations.push(error) });
      rogue(broker, version).send({ type: 'puback', packetId: 3 });
      expect(violations.map(({ clause }) => clause)).to.deep.equal(['MQTT-2.3.1-6']);
      broker.verify();
    });

    it('should be a message that is sent again without DUP', () => {
      const violations: ProtocolError[] = [];
      const broker = testBroker({ onViolation: (error) => violations.push(error) });
      broker.hold('puback');
      const connect = { cleanStart: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}) };
      const first = rogue(broker, version, connect);
      first.send(publishOf({ qos: 1, packetId: 1 }));
      first.hangUp();
      rogue(broker, version, connect).send(publishOf({ qos: 1, packetId: 1, dup: true }));
      expect(violations).to.deep.equal([]);
      rogue(broker, version, connect).send(publishOf({ qos: 1, packetId: 1 }));
      expect(violations.map(({ clause }) => clause)).to.deep.equal(['MQTT-3.3.1-1']);
    });

    it('should be a message that is new, before one that must be sent again', () => {
      const violations: ProtocolError[] = [];
      const broker = testBroker({ onViolation: (error) => violations.push(error) });
      const connect = { cleanStart: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}) };
      broker.hold('puback');
      const first = rogue(broker, version, connect);
      first.send(publishOf({ qos: 1, packetId: 1 }), publishOf({ qos: 2, packetId: 2 })); // 2 has its PUBREC: PUBREL is due
      first.hangUp();

      const dutiful = rogue(broker, version, connect);
      dutiful.send(publishOf({ qos: 1, packetId: 1, dup: true }), publishOf({ qos: 1, packetId: 3 }));
      dutiful.hangUp();
      expect(violations).to.deep.equal([]);

      const careless = rogue(broker, version, connect);
      expect(() => broker.verify()).to.throw('client "rogue" has not sent message 3 again [MQTT-4.4.0-1]');
      careless.send(publishOf({ qos: 1, packetId: 1, dup: true }), publishOf()); // QoS 0 has no order
      expect(violations).to.deep.equal([]);
      careless.send(publishOf({ qos: 1, packetId: 4 }));
      expect(violations.map(({ clause }) => clause)).to.deep.equal(['MQTT-4.4.0-1']);
      expect(violations[0]!.message).to.contain('publish 4 before 3');
    });

    describe('silence beyond the keep-alive', () => {
      let clock: sinon.SinonFakeTimers;
      let violations: ProtocolError[];
      let broker: TestBroker;
      beforeEach(() => {
        clock = sinon.useFakeTimers();
        violations = [];
        broker = testBroker({ onViolation: (error) => violations.push(error) });
      });
      afterEach(() => clock.restore());

      it('should be named with its clause, and the connection closed', () => {
        const client = rogue(broker, version, { keepAlive: 10 });
        clock.tick(9_000);
        client.send({ type: 'pingreq' });
        clock.tick(14_999);
        expect([violations.length, client.isClosed]).to.deep.equal([0, false]);
        clock.tick(1);
        expect(client.isClosed).to.equal(true);
        expect(violations).to.have.length(1);
        expect(violations[0]).to.include({ clause: 'MQTT-3.1.2-23', reasonCode: 0x8d });
        expect(violations[0]!.message).to.contain('nothing came for 15 s, with a keep-alive of 10 s');
        if (version === 5) expect(client.received.at(-1)).to.include({ type: 'disconnect', reasonCode: 0x8d });
      });

      it('should not be blamed on a client that nobody can hear', () => {
        rogue(broker, version, { keepAlive: 10 });
        broker.halfOpen();
        clock.tick(15_000);
        expect(broker.clients).to.deep.equal([]);
        expect(violations).to.deep.equal([]);
      });

      it('should not be blamed on a client that waits for CONNACK', () => {
        broker.hold('connack');
        const client = rogue(broker, version, { keepAlive: 10 });
        clock.tick(15_000);
        expect([client.isClosed, client.received]).to.deep.equal([true, []]);
        expect(violations).to.deep.equal([]);
      });

      it('should not be blamed on a client where a test has replaced one of two clocks: it gets twice the time', () => {
        clock.restore();
        clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
        const client = rogue(broker, version, { keepAlive: 10 });
        clock.tick(29_999);
        expect(client.isClosed).to.equal(false);
        clock.tick(1);
        expect(client.isClosed).to.equal(true);
        expect(violations).to.deep.equal([]);
      });

      it('should be counted from CONNACK', () => {
        const fault = broker.delay(14_000);
        const client = rogue(broker, version, { keepAlive: 10 });
        fault.unsubscribe();
        clock.tick(28_999);
        expect([violations.length, client.isClosed]).to.deep.equal([0, false]);
        clock.tick(1);
        expect([violations.length, client.isClosed]).to.deep.equal([1, true]);
      });
    });

    it('should be messages that are sent again in another order', () => {
      const violations: ProtocolError[] = [];
      const broker = testBroker({ onViolation: (error) => violations.push(error) });
      broker.hold('puback');
      const connect = { cleanStart: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}) };
      const send = (...packetIds: number[]) => {
        const client = rogue(broker, version, connect);
        client.send(...packetIds.map((packetId) => publishOf({ qos: 1, packetId, dup: true })));
        client.hangUp();
      };
      send(3, 1, 2);
      send(3, 1, 2, 4);
      send(3, 2);
      expect(violations).to.deep.equal([]);
      send(3, 2, 1);
      expect(violations.map(({ clause }) => clause)).to.deep.equal(['MQTT-4.6.0-1']);
    });
  });
}
