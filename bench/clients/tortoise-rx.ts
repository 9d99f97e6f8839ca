import { pathToFileURL } from 'node:url';
import { delay, filter, firstValueFrom, lastValueFrom, take } from 'rxjs';
import type * as Library from '../../lib/index.js';
import type { BenchClient, ConnectOptions } from '../BenchClient.js';

// What users get: the built package, not the sources through a loader.
const built = pathToFileURL('dist/esm/index.js').href;
const { createClient } = (await import(built)) as typeof Library;

/** tortoise-rx, with its defaults. */
export async function connect({ port, clientId, clean = true }: ConnectOptions): Promise<BenchClient> {
  const client = createClient(`mqtt://127.0.0.1:${port}`, {
    clientId,
    cleanSession: clean,
    queue: { size: 100_000 },
    retryWhen: (failures) => failures.pipe(delay(1)),
  });
  const held = client.connection$.subscribe();
  await firstValueFrom(client.state$.pipe(filter(({ status }) => status === 'online')));
  return {
    publish: (topic, payload, qos) => void client.publish(topic, payload, { qos }).subscribe(),
    publishThen: (topic, payload, qos, done) =>
      void client.publish(topic, payload, { qos }).subscribe({ complete: done }),
    async subscribe(filters, qos, handler) {
      const granted = client.events$.pipe(
        filter(({ type }) => type === 'subscribed'),
        take(filters.length),
      );
      const all = lastValueFrom(granted);
      for (const topicFilter of filters) client.topic$(topicFilter, { qos }).subscribe(() => handler());
      await all;
    },
    async end() {
      await lastValueFrom(client.end(), { defaultValue: undefined });
      held.unsubscribe();
    },
  };
}
