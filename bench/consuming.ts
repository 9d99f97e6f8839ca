import { type Context, type Measurement, join, receiveBatches, turn } from './workloads.js';

/** Works on messages of QoS 1, and acknowledges each when its work, which is done at once, is done. */
export async function consumed(context: Context): Promise<Measurement> {
  return receiveBatches(context, { qos: 1 }, 50_000, (client, handler) => client.consume!('bench/+', 1, handler));
}

/** Messages: acknowledging is a small part of the CPU, so that measuring by time would leave too few. */
const MEASURED = 300_000;

/** µs of CPU to acknowledge one of `count` open messages of QoS 1, the last that came first. */
async function costOfReverse(context: Context, count: number): Promise<number> {
  const client = await join(context, { qos: 1, topics: count });
  const open: (() => void)[] = [];
  let full: () => void = () => undefined;
  await client.keep!('bench/+', (acknowledge) => {
    if (open.push(acknowledge) === count) full();
  });
  const order = Buffer.from(String(count));
  let cost = 0;
  for (let left = MEASURED; left > 0; left -= count) {
    const received = new Promise<void>((resolve) => (full = resolve));
    client.publish('start', order, 0);
    await received;
    const before = process.cpuUsage();
    while (open.length > 0) open.pop()!();
    await turn(); // in which they leave
    const { user, system } = process.cpuUsage(before);
    cost += user + system;
  }
  await client.end();
  return cost / MEASURED;
}

/** The cost of an acknowledgement among many open messages, divided by the cost among few. */
export async function reverseGrowth(context: Context): Promise<Measurement> {
  const costs = async () => [await costOfReverse(context, 2_500), await costOfReverse(context, 10_000)] as const;
  await costs(); // warms up
  const [few, many] = await costs();
  return { figures: { 'times as much': many / few, 'µs a message': many, 'of 2,500': few } };
}
