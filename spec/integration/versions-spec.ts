import { expect } from 'chai';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import type { ClientOptions, Connection, MqttClient } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { describeWith } from '../support/describeWith.js';
import { granted } from '../support/granted.js';
import { NATS } from '../support/natsServer.js';
import { record } from '../support/record.js';

const connected = (client: MqttClient) => firstValueFrom(client.connection$);
const versionOf = async (client: MqttClient) => (await connected(client)).protocolVersion;

/** Publishes at a QoS, and resolves with what comes back. */
async function roundTrip(client: MqttClient, qos: 0 | 1 | 2, count: number): Promise<string[]> {
  const heard = record(client.topic$('versions/#', { qos }));
  await granted(client, 'versions/#');
  for (let number = 0; number < count; number++) {
    await lastValueFrom(client.publish(`versions/${number % 3}`, String(number), { qos }));
  }
  return (await heard.first(count)).map((message) => `${message.topic} ${message.text()}`);
}

const expected = (count: number) => Array.from({ length: count }, (_, number) => `versions/${number % 3} ${number}`);

describe('versions at Mosquitto', function () {
  this.timeout(20_000);
  const on = brokerStage();

  for (const [option, version] of [
    [4, 4],
    [5, 5],
    ['auto', 5],
  ] as const) {
    it(`should be ${version} with protocolVersion: ${JSON.stringify(option)}, and carry messages`, async () => {
      const { url } = await on.mosquitto();
      const client = on.client(url, { protocolVersion: option });
      expect(await versionOf(client)).to.equal(version);
      for (const qos of [0, 1, 2] as const) expect(await roundTrip(client, qos, 9)).to.deep.equal(expected(9));
    });
  }

  it('should tell what the broker says of itself, and obey it', async () => {
    const { url } = await on.mosquitto({ maxQoS: 1, maxPacketSize: 2_000 });
    const client = on.client(url, { protocolVersion: 5, clientId: '' });
    const { clientId, properties } = await connected(client);
    expect(properties).to.include({ maximumQoS: 1, maximumPacketSize: 2_000, topicAliasMaximum: 10 });
    expect([clientId.length > 0, clientId]).to.deep.equal([true, properties!.assignedClientIdentifier]);
    const refused = await firstValueFrom(client.publish('a', 'x', { qos: 2 })).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'NOT_SUPPORTED' });
  });

  it('should use topic aliases both ways, and mean the right topics beyond what the broker takes', async () => {
    const { url } = await on.mosquitto();
    const client = on.client(url, { protocolVersion: 5 });
    const { properties } = await connected(client);
    const topics = Array.from({ length: 3 * properties!.topicAliasMaximum }, (_, number) => `alias/${number}`);
    const heard = record(client.topic$('alias/#'));
    await granted(client, 'alias/#');
    const order = [...topics, ...topics, ...[...topics].reverse()];
    for (const topic of order) await lastValueFrom(client.publish(topic, topic));
    const messages = await heard.first(order.length);
    expect(messages.map(({ topic }) => topic)).to.deep.equal(order);
    expect(messages.map((message) => message.text())).to.deep.equal(order);
  });

  it('should keep a session as long as it is told, and end it with DISCONNECT', async () => {
    const { url } = await on.mosquitto();
    const options: ClientOptions = { protocolVersion: 5, clientId: 'kept', cleanSession: false };
    const sessions: boolean[] = [];
    for (const goodbye of [{}, { sessionExpiryInterval: 60 }, { sessionExpiryInterval: 0 }, {}]) {
      const client = on.client(url, options);
      sessions.push((await connected(client)).sessionPresent);
      await lastValueFrom(client.end(goodbye));
    }
    expect(sessions).to.deep.equal([false, true, true, false]);
  });

  it('should publish the will at DISCONNECT 0x04, and not otherwise (MQTT5 section 3.14.2.1)', async () => {
    const { url } = await on.mosquitto();
    const listener = on.client(url, { protocolVersion: 5 });
    const heard = record(listener.topic$('will/#'));
    await granted(listener, 'will/#');
    for (const [topic, goodbye] of [
      ['will/silent', {}],
      ['will/said', { reasonCode: 4 }],
    ] as const) {
      const client = on.client(url, { protocolVersion: 5, will: { topic, payload: 'gone' } });
      await connected(client);
      await lastValueFrom(client.end(goodbye));
    }
    expect((await heard.first(1)).map(({ topic }) => topic)).to.deep.equal(['will/said']);
  });

  it('should refuse enhanced authentication, which Mosquitto has not [MQTT5-4.12.0-1]', async () => {
    const { url } = await on.mosquitto();
    const client = on.client(url, {
      protocolVersion: 5,
      authentication: { method: 'SCRAM-SHA-256', data: 'x', respond: () => [] },
    });
    const refused = await connected(client).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'CONNECTION_REFUSED', reasonCode: 0x8c });
  });
});

describe('versions at aedes, which knows 3.1.1 alone', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it("should be 3.1.1 with 'auto', also after a restart of the broker", async () => {
    const broker = await on.broker('aedes');
    const client = on.client(broker.url, { protocolVersion: 'auto' });
    const connections = record<Connection>(client.connection$);
    await connections.first(1);
    await broker.restart();
    const versions = (await connections.first(2)).map(({ protocolVersion }) => protocolVersion);
    expect(versions).to.deep.equal([4, 4]);
    expect(await roundTrip(client, 2, 5)).to.deep.equal(expected(5));
    connections.stop();
  });

  it('should not connect with 5', async () => {
    const { url } = await on.broker('aedes');
    const client = on.client(url, { protocolVersion: 5, connackTimeout: 500 });
    const failed = record(client.events$).until(({ type }) => type === 'retry' || type === 'connected');
    const over = connected(client).catch((error: unknown) => error);
    const event = await Promise.race([over, failed.then((events) => events.at(-1))]);
    expect(event).not.to.have.property('protocolVersion');
  });
});

describeWith([NATS], 'versions at nats-server, which knows 3.1.1 alone', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it("should be 3.1.1 with 'auto', over WebSocket", async () => {
    const { url } = await on.nats();
    const client = on.client(url, { protocolVersion: 'auto' });
    expect(await versionOf(client)).to.equal(4);
    expect(await roundTrip(client, 1, 5)).to.deep.equal(expected(5));
  });
});
