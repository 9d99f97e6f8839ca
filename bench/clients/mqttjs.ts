import mqtt, { type IClientPublishOptions } from 'mqtt';
import type { BenchClient, ConnectOptions } from '../BenchClient.js';

/** MQTT.js, with its defaults; routing is the user's business there, so it is done as its users do it. */
export async function connect(options: ConnectOptions): Promise<BenchClient> {
  const { port, clientId, clean = true, version = 4, aliases = false, userProperties, identifiers = false } = options;
  const client = mqtt.connect({
    host: '127.0.0.1',
    port,
    clientId,
    clean,
    reconnectPeriod: 1,
    protocolVersion: version,
    ...(aliases && { autoAssignTopicAlias: true, properties: { topicAliasMaximum: 64 } }),
  });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const exact = new Map<string, () => void>();
  const wild: [RegExp, () => void][] = [];
  const identified: (() => void)[] = [];
  if (identifiers) {
    client.on('message', (_topic, _payload, { properties }) => {
      const given = properties?.subscriptionIdentifier ?? [];
      for (const identifier of Array.isArray(given) ? given : [given]) identified[identifier]?.();
    });
  } else {
    client.on('message', (topic) => {
      exact.get(topic)?.();
      for (const [pattern, handler] of wild) if (pattern.test(topic)) handler();
    });
  }
  const how = (qos: 0 | 1 | 2): IClientPublishOptions =>
    userProperties ? { qos, properties: { userProperties } } : { qos };
  return {
    publish: (topic, payload, qos) => void client.publish(topic, payload as Buffer, how(qos)),
    publishThen: (topic, payload, qos, done) => void client.publish(topic, payload as Buffer, how(qos), done),
    async subscribe(filters, qos, handler) {
      if (identifiers) {
        const granted = filters.map((filter, i) => {
          identified[i + 1] = () => handler();
          return client.subscribeAsync(filter, { qos, properties: { subscriptionIdentifier: i + 1 } });
        });
        await Promise.all(granted);
        return;
      }
      for (const filter of filters) {
        if (/[+#]/.test(filter)) wild.push([patternOf(filter), () => handler()]);
        else exact.set(filter, () => handler());
      }
      await client.subscribeAsync([...filters], { qos });
    },
    async consume(filter, qos, work) {
      client.handleMessage = (_packet, done) => {
        work();
        done();
      };
      await client.subscribeAsync(filter, { qos });
    },
    end: () => client.endAsync(),
  };
}

function patternOf(filter: string): RegExp {
  return new RegExp(`^${filter.replace(/\+/g, '[^/]*').replace(/\/?#$/, '(/.*)?')}$`);
}
