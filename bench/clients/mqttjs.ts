import mqtt from 'mqtt';
import type { BenchClient, ConnectOptions } from '../BenchClient.js';

/** MQTT.js, with its defaults; routing is the user's business there, so it is done as its users do it. */
export async function connect({ port, clientId, clean = true }: ConnectOptions): Promise<BenchClient> {
  const client = mqtt.connect({ host: '127.0.0.1', port, clientId, clean, reconnectPeriod: 1 });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const exact = new Map<string, () => void>();
  const wild: [RegExp, () => void][] = [];
  client.on('message', (topic) => {
    exact.get(topic)?.();
    for (const [pattern, handler] of wild) if (pattern.test(topic)) handler();
  });
  return {
    publish: (topic, payload, qos) => void client.publish(topic, payload as Buffer, { qos }),
    publishThen: (topic, payload, qos, done) => void client.publish(topic, payload as Buffer, { qos }, done),
    async subscribe(filters, qos, handler) {
      for (const filter of filters) {
        if (/[+#]/.test(filter)) wild.push([patternOf(filter), () => handler()]);
        else exact.set(filter, () => handler());
      }
      await client.subscribeAsync([...filters], { qos });
    },
    end: () => client.endAsync(),
  };
}

function patternOf(filter: string): RegExp {
  return new RegExp(`^${filter.replace(/\+/g, '[^/]*').replace(/\/?#$/, '(/.*)?')}$`);
}
