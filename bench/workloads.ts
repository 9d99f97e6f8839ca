import type { BenchClient, Connect } from './BenchClient.js';
import type { PeerOrders } from './peer.js';

/** What one run of a workload measured. */
export interface Measurement {
  /** CPU of the client process, user and system, per message, in µs. */
  readonly cpu?: number;
  /** Messages a second. */
  readonly rate?: number;
  /** Peak resident memory in bytes. */
  readonly peak?: number;
  /** Other figures, by name, unit in the name. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** What a workload runs with. */
export interface Context {
  readonly connect: Connect;
  readonly port: number;
  /** Whether the peer is a real broker, which takes no orders. */
  readonly broker: boolean;
  /** Milliseconds to warm up, and to measure. */
  readonly warmUp: number;
  readonly measure: number;
}

/** A thing to measure. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** The ratio of CPU per message (or of the first figure) to MQTT.js that must not be exceeded, and the aim. */
  readonly target?: number;
  readonly aim?: number;
  /** The clients that can do it; all three if not said. */
  readonly clients?: readonly ClientName[];
  /** Whether it makes sense through a real broker too. */
  readonly broker?: boolean;
  readonly run: (context: Context) => Promise<Measurement>;
}

export type ClientName = 'tortoise-rx' | 'mqttjs' | 'floor';

const TOPIC = 'bench/topic/0001';
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Connects with orders for the peer; at a real broker with an ordinary client identifier. */
function join({ connect, port, broker }: Context, orders: PeerOrders = {}, clean = true): Promise<BenchClient> {
  const clientId = broker ? `bench-${process.pid}` : JSON.stringify({ pid: process.pid, ...orders });
  return connect({ port, clientId, clean });
}

/** Repeats rounds for a while, first to warm up, and says what one message cost afterwards. */
async function measured({ warmUp, measure }: Context, round: (until: number) => Promise<number>): Promise<Measurement> {
  await round(performance.now() + warmUp);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const count = await round(start + measure);
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / count, rate: count / seconds, peak: process.resourceUsage().maxRSS * 1_024 };
}

/** Keeps `window` publishes unfinished until the time is over, and waits for the last of them. */
function publishWindow(client: BenchClient, qos: 0 | 1 | 2, window: number, payload: Uint8Array) {
  return (until: number) =>
    new Promise<number>((resolve) => {
      let sent = 0;
      let done = 0;
      let over = false;
      const publish = () => {
        sent++;
        client.publishThen(TOPIC, payload, qos, settled);
      };
      const settled = () => {
        done++;
        if ((done & (window < 128 ? 31 : 127)) === 0) over ||= performance.now() > until; // the clock is dear, too
        if (!over) publish();
        else if (done === sent) resolve(done);
      };
      for (let i = 0; i < window; i++) publish();
    });
}

/** Publishes a thousand a turn, asks nothing, and waits for an acknowledged one now and then, and at the end. */
function publishFreely(client: BenchClient, payload: Uint8Array) {
  const caughtUp = () => new Promise<void>((resolve) => client.publishThen(TOPIC, payload, 1, resolve));
  return async (until: number) => {
    let count = 0;
    for (; performance.now() < until; count += 1_000) {
      for (let i = 0; i < 1_000; i++) client.publish(TOPIC, payload, 0);
      // A real broker may be slower than the client: what nobody waits for would only fill memory.
      await (count % 50_000 === 0 ? caughtUp() : turn());
    }
    await caughtUp();
    return count;
  };
}

export function publish(qos: 0 | 1 | 2, window: number, size = 64) {
  return async (context: Context): Promise<Measurement> => {
    const client = await join(context);
    const result = await measured(context, publishWindow(client, qos, window, new Uint8Array(size).fill(0x78)));
    await client.end();
    return result;
  };
}

/** Lets the peer send batch after batch, and counts. */
export function receive(
  qos: 0 | 1 | 2,
  size: number,
  batch: number,
  filters: readonly string[] = ['bench/+'],
  topics = 1,
  prefix = 'bench/',
) {
  return async (context: Context): Promise<Measurement> => {
    const client = await join(context, { qos, size, topics, prefix });
    let got = 0;
    let wanted = 0;
    let full: () => void = () => undefined;
    await client.subscribe(filters, qos, () => {
      if (++got === wanted) full();
    });
    const order = Buffer.from(String(batch));
    const result = await measured(context, async (until) => {
      const before = got;
      while (performance.now() < until) {
        wanted = got + batch;
        const done = new Promise<void>((resolve) => (full = resolve));
        client.publish('start', order, 0);
        await done;
      }
      return got - before;
    });
    await client.end();
    return result;
  };
}

const numbered = (count: number, of: (n: string) => string) =>
  Array.from({ length: count }, (_, n) => of(String(n).padStart(String(count - 1).length, '0')));

/** One handler per filter, exact or with a wildcard. */
export function route(count: number, wildcard: boolean) {
  // `sensor/17` is met by the filter `sensor/17`, and by `sensor/17/#`, which matches the parent level too.
  return receive(
    0,
    64,
    100_000,
    numbered(count, (n) => `sensor/${n}${wildcard ? '/#' : ''}`),
    count,
    'sensor/',
  );
}

function gc(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
}

const held = () => process.memoryUsage().heapUsed + process.memoryUsage().external;

/** Sends one, waits for its echo, and so on. */
async function roundTrips(context: Context): Promise<Measurement> {
  const client = await join(context, { echo: true });
  let back: () => void = () => undefined;
  await client.subscribe(['echo'], 0, () => back());
  const payload = new Uint8Array(64);
  const times: number[] = [];
  const result = await measured(context, async (until) => {
    times.length = 0;
    while (performance.now() < until) {
      const start = performance.now();
      const arrived = new Promise<void>((resolve) => (back = resolve));
      client.publish('echo', payload, 0);
      await arrived;
      times.push(performance.now() - start);
    }
    return times.length;
  });
  await client.end();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]! * 1_000;
  return { ...result, figures: { 'p50 µs': at(0.5), 'p99 µs': at(0.99) } };
}

async function connectAndEnd(context: Context): Promise<Measurement> {
  return measured(context, async (until) => {
    let count = 0;
    for (; performance.now() < until; count++) await (await join(context)).end();
    return count;
  });
}

/** Many clients in one process: what one holds, and what all of them cost when nothing happens. */
export function manyClients(count: number) {
  return async (context: Context): Promise<Measurement> => {
    // Some at once: V8 sizes objects by the first few of a kind that live together.
    const first = await Promise.all(Array.from({ length: 16 }, () => join(context)));
    for (const client of first) await client.end();
    gc();
    const [heap, { rss }] = [held(), process.memoryUsage()];
    const clients: BenchClient[] = [];
    for (let i = 0; i < count; i++)
      clients.push(await context.connect({ port: context.port, clientId: `many-${process.pid}-${i}` }));
    gc();
    const bytes = (process.memoryUsage().rss - rss) / count;
    const heapBytes = (held() - heap) / count;
    const cpu = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { user, system } = process.cpuUsage(cpu);
    for (const client of clients) await client.end();
    return {
      figures: { 'bytes a client': bytes, 'of that heap': heapBytes, 'idle CPU ms/s': (user + system) / 1_000 },
    };
  };
}

/** What one message in flight holds, payload not counted: it is one and the same. */
export function inFlight(count: number) {
  return async (context: Context): Promise<Measurement> => {
    const client = await join(context, { silent: true });
    const payload = new Uint8Array(64);
    gc();
    const before = held();
    for (let i = 0; i < count; i++) client.publishThen(TOPIC, payload, 1, () => undefined);
    for (let i = 0; i < 20; i++) await turn();
    await new Promise((resolve) => setTimeout(resolve, 300)); // the socket's queue is not what is measured
    gc();
    const bytes = (held() - before) / count;
    setTimeout(() => process.exit(0), 100).unref();
    return { figures: { 'bytes a message': bytes } };
  };
}

/** The peer breaks the connection with everything in flight, and answers after 20 ms from then on. */
export function resume(count: number) {
  return async (context: Context): Promise<Measurement> => {
    const client = await join(context, { key: `${process.pid}-${count}`, breakAfter: count, delay: 20 }, false);
    const payload = new Uint8Array(64);
    let left = count;
    const cpu = process.cpuUsage();
    const start = performance.now();
    await new Promise<void>((resolve) => {
      for (let i = 0; i < count; i++)
        client.publishThen(TOPIC, payload, 1, () => (--left === 0 ? resolve() : undefined));
    });
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    setTimeout(() => process.exit(0), 100).unref();
    return { cpu: (user + system) / count, figures: { 'ms a message': ms / count, 'ms in all': ms } };
  };
}

const NO_FLOOR = ['tortoise-rx', 'mqttjs'] as const;

/** Everything that is measured against another client. */
export const workloads: readonly Workload[] = [
  {
    name: 'pub0',
    title: 'publish QoS 0',
    target: 1 / 6,
    aim: 1 / 12,
    broker: true,
    async run(context) {
      const client = await join(context);
      const result = await measured(context, publishFreely(client, new Uint8Array(64)));
      await client.end();
      return result;
    },
  },
  {
    name: 'pub0-asked',
    title: 'publish QoS 0, completion asked for, 32,768 outstanding',
    target: 1 / 50,
    aim: 1 / 200,
    run: publish(0, 32_768),
  },
  { name: 'pub1-1000', title: 'publish QoS 1, 1,000 in flight', broker: true, run: publish(1, 1_000) },
  { name: 'pub1-32768', title: 'publish QoS 1, 32,768 in flight', target: 1 / 6, aim: 1 / 10, run: publish(1, 32_768) },
  {
    name: 'pub1-100',
    title: 'publish QoS 1, 100 in flight',
    target: 1 / 12,
    aim: 1 / 25,
    broker: true,
    run: publish(1, 100),
  },
  { name: 'pub2-1000', title: 'publish QoS 2, 1,000 in flight', broker: true, run: publish(2, 1_000) },
  { name: 'pub2-32768', title: 'publish QoS 2, 32,768 in flight', target: 1 / 8, aim: 1 / 15, run: publish(2, 32_768) },
  { name: 'pub1-1M', title: 'publish QoS 1, 1 MiB', target: 1 / 3, aim: 1 / 4.5, run: publish(1, 4, 1_048_576) },
  { name: 'sub0-16', title: 'receive QoS 0, 16 B', run: receive(0, 16, 100_000) },
  { name: 'sub0', title: 'receive QoS 0', target: 1 / 6, aim: 1 / 12, run: receive(0, 64, 100_000) },
  { name: 'sub1', title: 'receive QoS 1', target: 1 / 12, aim: 1 / 25, run: receive(1, 64, 50_000) },
  { name: 'sub2', title: 'receive QoS 2', target: 1 / 20, aim: 1 / 40, run: receive(2, 64, 20_000) },
  { name: 'sub0-4k', title: 'receive QoS 0, 4 kB', target: 1 / 2.5, aim: 1 / 3, run: receive(0, 4_096, 20_000) },
  { name: 'sub0-1M', title: 'receive QoS 0, 1 MiB', target: 1 / 1.5, aim: 1 / 2, run: receive(0, 1_048_576, 100) },
  { name: 'route-1', title: 'one handler per filter, 1 exact filter', clients: NO_FLOOR, run: route(1, false) },
  { name: 'route-100', title: 'one handler per filter, 100 exact filters', clients: NO_FLOOR, run: route(100, false) },
  {
    name: 'route-1000',
    title: 'one handler per filter, 1,000 exact filters',
    target: 1 / 3,
    aim: 1 / 5,
    clients: NO_FLOOR,
    run: route(1_000, false),
  },
  {
    name: 'route-10000',
    title: 'one handler per filter, 10,000 exact filters',
    clients: NO_FLOOR,
    run: route(10_000, false),
  },
  { name: 'wild-100', title: 'one handler per filter, 100 wildcard filters', clients: NO_FLOOR, run: route(100, true) },
  {
    name: 'wild-1000',
    title: 'one handler per filter, 1,000 wildcard filters',
    target: 1 / 80,
    aim: 1 / 200,
    clients: NO_FLOOR,
    run: route(1_000, true),
  },
  { name: 'round-trip', title: 'publish to receive, one at a time', broker: true, run: roundTrips },
  { name: 'connect', title: 'connect and end', target: 1 / 1.4, aim: 1 / 1.8, broker: true, run: connectAndEnd },
  {
    name: 'clients-1000',
    title: '1,000 clients in one process',
    target: 1 / 1.5,
    aim: 1 / 2,
    clients: NO_FLOOR,
    run: manyClients(1_000),
  },
  {
    name: 'in-flight',
    title: 'memory of 10,000 messages in flight',
    target: 1,
    clients: NO_FLOOR,
    run: inFlight(10_000),
  },
];
