import { type Context, type Measurement, type Workload, gc, held, join, measured, receive, turn } from './workloads.js';

/** Names with the numbers below `count`, all of one length. */
export const numbered = (count: number, of: (n: string) => string) =>
  Array.from({ length: count }, (_, n) => of(String(n).padStart(String(count - 1).length, '0')));

/** One handler per filter, exact or with a wildcard. */
export function route(count: number, wildcard: boolean): Workload['run'] {
  const batch = wildcard && count > 100 ? 10_000 : 100_000; // a thousand regular expressions take 100 µs a message
  // The topic `sensor/17` matches the filter `sensor/17`, and `sensor/17/#`, which includes the parent level. They are
  // made when it runs: what lies in the heap makes other workloads dearer.
  const filters = () => numbered(count, (n) => `sensor/${n}${wildcard ? '/#' : ''}`);
  return (context) => receive(0, 64, batch, filters(), count, 'sensor/')(context);
}

/** The cost of a message with many filters, divided by the cost with few. */
export async function routeGrowth(context: Context): Promise<Measurement> {
  const cost = async (count: number) => (await route(count, false)(context)).cpu!;
  const few = await cost(100);
  return { figures: { 'times as much': (await cost(10_000)) / few } };
}

/** µs of CPU for one listener to come and go, when `count` come to one filter in one turn and go in another. */
async function costOfListener(context: Context, count: number): Promise<number> {
  const client = await join(context);
  const { cpu } = await measured(context, async (isOver) => {
    let listeners = 0;
    do {
      const leave = await client.listen!('bench/one', count, () => undefined);
      leave();
      await turn();
      listeners += count;
    } while (!isOver());
    return listeners;
  });
  await client.end();
  return cpu!;
}

/** The cost of a listener among many of one filter, divided by the cost among few. */
export async function listenerGrowth(context: Context): Promise<Measurement> {
  const few = await costOfListener(context, 100);
  const many = await costOfListener(context, 20_000);
  return { figures: { 'times as much': many / few, 'µs a listener': many, 'of 100': few } };
}

/** What the cache of topics and their routes holds, when every topic has many listeners. */
export async function routingCache(context: Context): Promise<Measurement> {
  const topics = 32_768;
  const client = await join(context, { size: 0, topics, prefix: 'bench/' });
  let done: () => void = () => undefined;
  const receiveAll = async () => {
    const received = new Promise<void>((resolve) => (done = resolve));
    client.publish('start', Buffer.from(String(topics)), 0);
    await received;
  };
  await client.subscribe([`bench/${topics - 1}`], 0, () => done());
  // The decoder remembers topics as well. Once without wildcards: then routing remembers nothing.
  await receiveAll();
  for (const filter of ['#', '+/+']) await client.listen!(filter, 500, () => undefined);
  gc();
  const before = held();
  await receiveAll();
  await turn();
  gc();
  const megabytes = (held() - before) / 1e6;
  await client.end();
  return { figures: { 'MB held': megabytes } };
}
