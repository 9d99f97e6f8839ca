import { pathToFileURL } from 'node:url';
import { EMPTY, delay, filter, firstValueFrom, lastValueFrom, take } from 'rxjs';
import type * as Library from '../../lib/index.js';
import type { PublishOptions } from '../../lib/index.js';
import type * as Stores from '../../lib/storeLevel.js';
import type { BenchClient, ConnectOptions } from '../BenchClient.js';

// What users get: the package as it is built for Node, not the sources through a loader.
const built = async <T>(name: string) => (await import(pathToFileURL(`dist/node/${name}.js`).href)) as T;
const { consume, createClient } = await built<typeof Library>('index');

/** Loaded when it is asked for: what a process has loaded changes what its other work costs. */
async function levelStore({ folder, sync }: NonNullable<ConnectOptions['store']>) {
  const { ClassicLevel } = await import('classic-level');
  const { levelStore } = await built<typeof Stores>('storeLevel');
  return levelStore(new ClassicLevel(folder), { sync });
}

/** tortoise-rx, with its defaults: under MQTT 5 it uses aliases and identifiers wherever the broker has them. */
export async function connect(options: ConnectOptions): Promise<BenchClient> {
  const { port, clientId, clean = true, store, version, userProperties } = options;
  const client = createClient(`mqtt://127.0.0.1:${port}`, {
    clientId,
    cleanSession: clean,
    protocolVersion: version,
    store: store && (await levelStore(store)),
    queue: { size: 100_000 },
    retryWhen: (failures) => failures.pipe(delay(1)),
  });
  const held = client.connection$.subscribe();
  await firstValueFrom(client.state$.pipe(filter(({ status }) => status === 'online')));
  const how = (qos: 0 | 1 | 2): PublishOptions => (userProperties ? { qos, properties: { userProperties } } : { qos });
  const granted = (count = 1) =>
    lastValueFrom(
      client.events$.pipe(
        filter(({ type }) => type === 'subscribed'),
        take(count),
      ),
    );
  return {
    publish: (topic, payload, qos) => void client.publish(topic, payload, how(qos)).subscribe(),
    publishThen: (topic, payload, qos, done) =>
      void client.publish(topic, payload, how(qos)).subscribe({ complete: done }),
    async subscribe(filters, qos, handler) {
      const all = granted(filters.length);
      for (const topicFilter of filters) client.topic$(topicFilter, { qos }).subscribe(() => handler());
      await all;
    },
    async listen(topicFilter, count, handler) {
      const all = granted();
      const listeners = Array.from({ length: count }, () => client.topic$(topicFilter).subscribe(() => handler()));
      await all;
      return () => {
        for (const listener of listeners) listener.unsubscribe();
      };
    },
    async consume(topicFilter, qos, work) {
      const all = granted();
      const worked = () => {
        work();
        return EMPTY;
      };
      consume(client, topicFilter, worked, { qos }).subscribe();
      await all;
    },
    async keep(topicFilter, handler) {
      const all = granted();
      client
        .topic$(topicFilter, { qos: 1, acknowledge: 'manual' })
        .subscribe((message) => handler(() => message.acknowledge()));
      await all;
    },
    async end() {
      await lastValueFrom(client.end(), { defaultValue: undefined });
      held.unsubscribe();
    },
  };
}
