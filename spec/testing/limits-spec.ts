import { expect } from 'chai';
import { InvalidOptionsError, type ProtocolError } from '../../lib/errors.js';
import { type TestBrokerOptions, testBroker } from '../../lib/testing.js';
import { publishOf, rogue } from '../support/rogue.js';

describe('the limits of the test broker with MQTT 3.1.1, which cannot say them', () => {
  const violations: ProtocolError[] = [];
  const start = (options: TestBrokerOptions) =>
    testBroker({ ...options, onViolation: (error) => void violations.push(error) });
  afterEach(() => expect(violations.splice(0)).to.deep.equal([]));

  it('should end the connection at a message of a higher QoS, and not pass it on', () => {
    const broker = start({ maximumQoS: 1 });
    const client = rogue(broker, 4);
    client.send(publishOf({ qos: 2, packetId: 1 }));
    expect(client.isClosed).to.equal(true);
    expect(broker.published()).to.deep.equal([]);
  });

  it('should end the connection at a packet that is too large', () => {
    const broker = start({ maximumPacketSize: 100 });
    const client = rogue(broker, 4);
    client.send(publishOf({ payload: new Uint8Array(200) }));
    expect(client.isClosed).to.equal(true);
    expect(broker.published()).to.deep.equal([]);
  });

  it('should keep no retained message where there are none', () => {
    const broker = start({ retainAvailable: false });
    const client = rogue(broker, 4);
    client.send(publishOf({ retain: true }));
    client.send({ type: 'subscribe', packetId: 1, subscriptions: [{ filter: 'a', qos: 0 }] });
    expect(broker.published('a')[0]).to.include({ retain: true });
    expect(client.received.map(({ type }) => type)).to.deep.equal(['connack', 'suback']);
  });

  it('should grant a lower QoS, and refuse what is not there with 0x80', () => {
    const broker = start({ maximumQoS: 1, wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false });
    const client = rogue(broker, 4);
    const filters = ['a', 'a/+', '$share/g/a'];
    client.send({ type: 'subscribe', packetId: 1, subscriptions: filters.map((filter) => ({ filter, qos: 2 })) });
    expect(client.received.at(-1)).to.deep.include({ reasonCodes: [1, 0x80, 0x80] });
  });

  it('should take a filter that only looks like a shared one', () => {
    const client = rogue(start({}), 4);
    client.send({ type: 'subscribe', packetId: 1, subscriptions: [{ filter: '$share/g', qos: 0 }] });
    expect(client.received.at(-1)).to.deep.include({ reasonCodes: [0] });
  });
});

describe('the versions of the test broker', () => {
  it('should say in 3.1.1 that it does not speak MQTT 5, and in MQTT 5 that it does not speak 3.1.1', () => {
    const old = rogue(testBroker({ protocolVersion: 4 }), 5);
    expect(old.received).to.deep.equal([{ type: 'connack', sessionPresent: false, reasonCode: 1 }]);
    const young = rogue(testBroker({ protocolVersion: 5 }), 4);
    expect(young.received[0]).to.include({ type: 'connack', reasonCode: 0x84 });
    expect([old.isClosed, young.isClosed]).to.deep.equal([true, true]);
  });
});

describe('the test broker that sends clients to another server', () => {
  it('should say which one, in DISCONNECT with the reason codes that are about it', () => {
    for (const [reasonCode, properties] of [
      [0x9c, { serverReference: 'b.test' }],
      [0x9d, { serverReference: 'b.test' }],
      [0x8b, undefined],
    ] as const) {
      const broker = testBroker({ serverReference: 'b.test' });
      const client = rogue(broker, 5);
      broker.disconnect(reasonCode);
      expect(client.isClosed).to.equal(true);
      expect(client.received.at(-1)).to.deep.include({ type: 'disconnect', reasonCode, properties });
    }
  });
});

describe('the options of the test broker', () => {
  for (const [what, options] of [
    ['a limit out of its range', { receiveMaximum: 0 }],
    ['a limit that does not exist', { receiveMaximun: 1 }],
    ['a highest QoS of 2', { maximumQoS: 2 }],
  ] as const) {
    it(`should be refused with ${what}`, () => {
      expect(() => testBroker(options as TestBrokerOptions)).to.throw(InvalidOptionsError);
    });
  }
});
