import { expect } from 'chai';
import { ConnectionFailedError, ConnectionLostError, KeepAliveTimeoutError, backoff } from '../../lib/index.js';
import type { ClientEvent, MqttClient } from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

const failures = (client: MqttClient) => {
  const { values } = watch(client.events$);
  return () => values.flatMap((event: ClientEvent) => (event.type === 'disconnected' ? [event.cause] : []));
};

/** Why attempts failed, and connections were lost, that are made anew. */
const retries = (client: MqttClient) => {
  const { values } = watch(client.events$);
  return () => values.flatMap((event: ClientEvent) => (event.type === 'retry' ? [event.cause] : []));
};

kitSpecs('the faults of the test broker', (on) => {
  it('should break connections, and publish the wills', async () => {
    const { broker } = on;
    const will = { topic: 'gone', payload: 'a' };
    const [a, b] = [on.client({ clientId: 'a', will }), on.client({ clientId: 'b' })];
    const [lostOfA, lostOfB] = [failures(a), failures(b)];
    const seen = watch(b.topic$('gone'));
    watch(a.connection$);
    await broker.settled();
    broker.drop('a');
    await broker.settled();
    expect(lostOfA()).to.have.length(1);
    expect(lostOfA()[0]).to.be.instanceOf(ConnectionLostError);
    expect((lostOfA()[0] as ConnectionLostError).cause).to.be.instanceOf(Error); // not a good close
    expect(lostOfB()).to.deep.equal([]);
    expect(seen.values.map((message) => message.text())).to.deep.equal(['a']);
    expect(broker.published('gone')[0]).to.include({ clientId: 'a', isWill: true });
    expect(broker.clients.map(({ clientId }) => clientId)).to.deep.equal(['b']);
    await on.tick(1_000);
    expect(broker.clients).to.have.length(2);
  });

  it('should lose everything in a restart, or keep the sessions', async () => {
    const { broker } = on;
    const options = { cleanSession: false, ...(on.version === 5 ? { sessionExpiryInterval: 100 } : {}) };
    const client = on.client({ clientId: 'a', ...options, will: { topic: 'gone', payload: 'a' } });
    const connections = watch(client.connection$);
    watch(client.subscribe('t', { qos: 1 }));
    broker.publish('kept', 'k', { retain: true });
    await broker.settled();
    broker.restart({ keepSessions: true });
    expect(broker.clients).to.deep.equal([]);
    broker.publish('t', 'meanwhile', { qos: 1 });
    const seen = watch(client.messages$());
    await on.tick(1_000);
    expect(seen.values.map((message) => message.text())).to.deep.equal(['meanwhile']);
    broker.restart();
    expect(broker.subscriptions).to.deep.equal([]);
    await on.tick(1_000);
    expect(connections.values.map(({ sessionPresent }) => sessionPresent)).to.deep.equal([false, true, false]);
    const retained = watch(client.topic$('kept'));
    await broker.settled();
    expect(retained.values).to.deep.equal([]);
    expect(broker.published('gone')).to.deep.equal([]);
  });

  it('should be out of reach until that is over', async () => {
    const { broker } = on;
    const client = on.client();
    const lost = retries(client);
    watch(client.connection$);
    await broker.settled();
    const fault = broker.unreachable();
    await on.tick(3_500);
    expect(lost().slice(1)).to.have.length(3);
    for (const error of lost().slice(1)) expect(error).to.be.instanceOf(ConnectionFailedError);
    fault.unsubscribe();
    await on.tick(1_000);
    expect(broker.clients).to.have.length(1);
  });

  it('should refuse to subscribe and to publish', async () => {
    const { broker } = on;
    const client = on.client();
    const fault = broker.refuse('secret/#');
    const [open, secret] = [watch(client.topic$('open')), watch(client.topic$('secret/a'))];
    const published = watch(client.publish('secret/a', 'x', { qos: 1 }));
    await broker.settled();
    expect(secret.error).to.include({ code: 'SUBSCRIPTION_REFUSED', filter: 'secret/a' });
    expect(open.ends).to.equal(0);
    expect(broker.published()).to.deep.equal([]);
    if (on.version === 5) expect(published.error).to.include({ code: 'PUBLISH_REFUSED', reasonCode: 0x87 });
    else expect(published.completed).to.equal(true);
    fault.unsubscribe();
    watch(client.topic$('secret/a'));
    await broker.settled();
    expect(broker.subscriptions.map(({ filter }) => filter)).to.deep.equal(['open', 'secret/a']);
  });

  it('should refuse to connect, as often as asked for', async () => {
    const { broker } = on;
    broker.refuseConnect(0x88, 2);
    const client = on.client();
    const lost = retries(client);
    watch(client.connection$);
    await on.tick(2_500);
    const reasonCode = 0x88;
    expect(lost()).to.have.length(2);
    for (const error of lost()) expect(error).to.include({ code: 'CONNECTION_REFUSED', reasonCode });
    expect(broker.clients).to.have.length(1);

    broker.refuseConnect(0x87);
    const other = watch(on.client({ clientId: 'other' }).connection$);
    await broker.settled();
    expect(other.error).to.include({ code: 'CONNECTION_REFUSED', reasonCode: 0x87 });
  });

  it('should hold packets back, say so, and release them in order', async () => {
    const { broker } = on;
    const client = on.client({ clientId: 'a' });
    const fault = broker.hold('puback', 'suback');
    const receipts = ['1', '2'].map((text) => watch(client.publish('t', text, { qos: 1 })));
    watch(client.topic$('t'));
    await broker.settled();
    expect(receipts.map(({ ends }) => ends)).to.deep.equal([0, 0]);
    expect(() => broker.verify()).to.throw(/client "a" still waits for puback, which is held back/);
    broker.release('puback');
    await broker.settled();
    expect(receipts.map(({ completed }) => completed)).to.deep.equal([true, true]);
    expect(() => broker.verify()).to.throw(/still waits for suback/);
    fault.unsubscribe();
    await broker.settled();
    expect(() => broker.verify()).to.throw(/^the test broker is not content:\n- client "a" is still subscribed to t$/);
  });

  it('should let everything wait behind a CONNACK that is held back', async () => {
    const { broker } = on;
    broker.publish('t', 'kept', { retain: true });
    broker.hold('connack');
    const seen = watch(on.client().topic$('t'));
    await broker.settled();
    expect(seen.values).to.deep.equal([]);
    broker.release();
    await broker.settled();
    expect(seen.values).to.have.length(1);
  });

  it('should be late by as much as asked for', async () => {
    const { broker } = on;
    const client = on.client();
    const seen = watch(client.topic$('t'));
    await broker.settled();
    const fault = broker.delay(500);
    broker.publish('t', '1');
    fault.unsubscribe();
    broker.publish('t', '2'); // behind the first one
    await on.tick(499);
    expect(seen.values).to.deep.equal([]);
    await on.tick(1);
    expect(seen.values.map((message) => message.text())).to.deep.equal(['1', '2']);
    broker.publish('t', '3');
    await broker.settled();
    expect(seen.values).to.have.length(3);
  });

  it('should have a half-open connection, which the keep-alive finds, and lose nothing', async () => {
    const { broker } = on;
    const options = { cleanSession: false, ...(on.version === 5 ? { sessionExpiryInterval: 100 } : {}) };
    const client = on.client({ clientId: 'a', keepAlive: 10, pingTimeout: 2_000, ...options });
    const lost = failures(client);
    const seen = watch(client.topic$('t', { qos: 1 }));
    await broker.settled();
    broker.halfOpen();
    broker.publish('t', '1', { qos: 1 });
    const receipt = watch(client.publish('u', '2', { qos: 1 }));
    await broker.settled();
    expect([seen.values.length, receipt.ends, broker.published().length]).to.deep.equal([0, 0, 0]);
    expect(lost()).to.deep.equal([]);
    await on.tick(13_000);
    expect(lost()[0]).to.be.instanceOf(KeepAliveTimeoutError);
    expect(seen.values.map((message) => message.text())).to.deep.equal(['1']);
    expect(receipt.completed).to.equal(true);
  });

  it('should find a half-open connection itself, and publish the will', async () => {
    const { broker } = on;
    const client = on.client({
      keepAlive: 10,
      will: { topic: 'gone', payload: '' },
      retryWhen: backoff({ retries: 0 }),
    });
    watch(client.connection$);
    await broker.settled();
    broker.halfOpen();
    await on.tick(9_000);
    expect(broker.published('gone')).to.deep.equal([]);
    await on.tick(6_000);
    expect(broker.published('gone')).to.have.length(1);
  });

  it('should leave dials without an answer, until that is over', async () => {
    const { broker } = on;
    const client = on.client({ connectTimeout: 2_000 });
    const lost = retries(client);
    const fault = broker.hang();
    const seen = watch(client.connection$);
    await on.tick(1_999);
    expect(lost()).to.deep.equal([]);
    await on.tick(1);
    expect(lost()).to.have.length(1);
    expect(lost()[0]).to.include({ code: 'CONNECT_TIMEOUT' });
    await on.tick(1_500); // within the next dial
    expect(seen.values).to.deep.equal([]);
    const other = broker.hang();
    fault.unsubscribe();
    await broker.settled();
    expect(seen.values).to.deep.equal([]);
    other.unsubscribe();
    await broker.settled();
    expect(seen.values).to.have.length(1);
    expect(lost()).to.have.length(1);
  });

  it('should leave the connections that there are when dials hang', async () => {
    const { broker } = on;
    const client = on.client();
    watch(client.connection$);
    await broker.settled();
    const fault = broker.hang();
    const receipt = watch(client.publish('t', 'x', { qos: 1 }));
    await broker.settled();
    expect(receipt.completed).to.equal(true);
    broker.drop();
    await on.tick(1_000);
    expect(broker.clients).to.deep.equal([]);
    const wall = broker.unreachable();
    fault.unsubscribe();
    await broker.settled();
    expect(broker.clients).to.deep.equal([]);
    wall.unsubscribe();
    await on.tick(1_000);
    expect(broker.clients).to.have.length(1);
  });

  it('should close connections without a word, and publish the wills', async () => {
    const { broker } = on;
    const [a, b] = [on.client({ clientId: 'a', will: { topic: 'gone', payload: 'a' } }), on.client({ clientId: 'b' })];
    const [lostOfA, lostOfB] = [failures(a), failures(b)];
    watch(a.connection$);
    watch(b.connection$);
    await broker.settled();
    broker.hangUp('a');
    await broker.settled();
    expect(lostOfA()).to.have.length(1);
    expect(lostOfA()[0]).to.be.instanceOf(ConnectionLostError);
    expect((lostOfA()[0] as ConnectionLostError).cause).to.equal(undefined);
    expect(lostOfB()).to.deep.equal([]);
    expect(broker.published('gone')).to.have.length(1);
    await on.tick(1_000);
    expect(broker.clients).to.have.length(2);
    broker.hangUp();
    expect(broker.clients).to.deep.equal([]);
  });

  it('should say DISCONNECT before it closes, where there is such a packet', async () => {
    const { broker } = on;
    const will = { topic: 'gone', payload: 'a' };
    const [a, b] = [on.client({ clientId: 'a', will }), on.client({ clientId: 'b' })];
    const [lostOfA, lostOfB] = [failures(a), failures(b)];
    watch(a.connection$);
    watch(b.connection$);
    await broker.settled();
    broker.disconnect(0x8b, 'a');
    await broker.settled();
    expect(lostOfA()).to.have.length(1);
    if (on.version === 5) expect(lostOfA()[0]).to.include({ code: 'SERVER_DISCONNECT', reasonCode: 0x8b });
    else expect(lostOfA()[0]).to.be.instanceOf(ConnectionLostError);
    expect(broker.published('gone')).to.have.length(1);
    expect(lostOfB()).to.deep.equal([]);
  });

  it('should send bytes that mean nothing', async () => {
    const { broker } = on;
    const client = on.client();
    const lost = failures(client);
    watch(client.connection$);
    await broker.settled();
    broker.malformed(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff));
    await broker.settled();
    expect(lost()[0]).to.include({ code: 'PROTOCOL' });
  });
});
