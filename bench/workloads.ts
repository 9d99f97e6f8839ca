import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import type { BenchClient, Connect, ConnectOptions } from './BenchClient.js';
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
  /** Milliseconds of CPU to warm up, and to measure. */
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
  /** The first figure must not exceed this, whatever MQTT.js does. */
  readonly limit?: number;
  /** The clients that can do it; all three if not said. */
  readonly clients?: readonly ClientName[];
  /** Whether it makes sense through a real broker too. */
  readonly broker?: boolean;
  /**
   * The name of another workload: what this one costs us is divided by what that one does. Both run in processes of their
   * own, in turn, for a process that has seen both kinds of packets is slower at each.
   */
  readonly against?: string;
  readonly run: (context: Context) => Promise<Measurement>;
}

export type ClientName = 'tortoise-rx' | 'mqttjs' | 'floor';

const TOPIC = 'bench/topic/0001';
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Connects with orders for the peer; at a real broker with an ordinary client identifier. */
export function join(
  context: Context,
  orders: PeerOrders = {},
  more: Partial<ConnectOptions> = {},
): Promise<BenchClient> {
  const { connect, port, broker } = context;
  const clientId = broker ? `bench-${process.pid}` : JSON.stringify({ pid: process.pid, ...orders });
  return connect({ port, clientId, clean: true, ...more });
}

/** How much longer than its CPU a measurement may take, where the client mostly waits. */
const PATIENCE = 4;

/** Milliseconds between two looks at the CPU used up: a look takes as long as several publishes. */
const LOOK = 5;

/** Says whether so many milliseconds of CPU are used up: on a busy machine wall time would not even warm it up. */
function lasting(ms: number): () => boolean {
  const start = performance.now();
  const { user, system } = process.cpuUsage();
  let next = 0;
  return () => {
    const now = performance.now();
    if (now < next) return false;
    next = now + LOOK;
    const used = process.cpuUsage();
    return used.user + used.system - user - system > ms * 1_000 || now > start + PATIENCE * ms;
  };
}

/** Repeats rounds for a while, first to warm up, and says what one message cost afterwards. */
export async function measured(
  { warmUp, measure }: Context,
  round: (isOver: () => boolean) => Promise<number>,
): Promise<Measurement> {
  await round(lasting(warmUp));
  const cpu = process.cpuUsage();
  const start = performance.now();
  const count = await round(lasting(measure));
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / count, rate: count / seconds, peak: process.resourceUsage().maxRSS * 1_024 };
}

/** Keeps `window` publishes unfinished until it is over, and waits for the last of them. */
function publishWindow(client: BenchClient, qos: 0 | 1 | 2, window: number, payload: Uint8Array) {
  return (isOver: () => boolean) =>
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
        if ((done & (window < 128 ? 31 : 127)) === 0) over ||= isOver(); // the clock is dear, too
        if (!over) publish();
        else if (done === sent) resolve(done);
      };
      for (let i = 0; i < window; i++) publish();
    });
}

/** Publishes a thousand a turn, asks nothing, and waits for an acknowledged one now and then, and at the end. */
function publishFreely(client: BenchClient, payload: Uint8Array) {
  const caughtUp = () => new Promise<void>((resolve) => client.publishThen(TOPIC, payload, 1, resolve));
  return async (isOver: () => boolean) => {
    let count = 0;
    for (; !isOver(); count += 1_000) {
      for (let i = 0; i < 1_000; i++) client.publish(TOPIC, payload, 0);
      // A real broker may be slower than the client: what nobody waits for would only fill memory.
      await (count % 50_000 === 0 ? caughtUp() : turn());
    }
    await caughtUp();
    return count;
  };
}

export async function publishUnasked(
  context: Context,
  more: Partial<ConnectOptions> = {},
  orders: PeerOrders = {},
): Promise<Measurement> {
  const client = await join(context, orders, more);
  const result = await measured(context, publishFreely(client, new Uint8Array(64)));
  await client.end();
  return result;
}

/** So many publishes at QoS 0 in one turn: nothing can be done for them before it ends. */
const BURST = 100_000;

async function burst(client: BenchClient, payload: Uint8Array): Promise<void> {
  for (let i = 0; i < BURST; i++) client.publish(TOPIC, payload, 0);
  await new Promise<void>((resolve) => client.publishThen(TOPIC, payload, 1, resolve));
}

/** One burst after the other. */
export async function publishBursts(context: Context): Promise<Measurement> {
  const client = await join(context);
  const payload = new Uint8Array(64);
  const result = await measured(context, async (isOver) => {
    let count = 0;
    for (; !isOver(); count += BURST) await burst(client, payload);
    return count;
  });
  await client.end();
  return result;
}

/** By how much the first burst makes the process grow, at most. */
export async function burstMemory(context: Context): Promise<Measurement> {
  const client = await join(context);
  gc();
  const { rss } = process.memoryUsage();
  const cpu = process.cpuUsage();
  await burst(client, new Uint8Array(64));
  const { user, system } = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS * 1_024;
  await client.end();
  return { peak, figures: { 'MB more': (peak - rss) / 1e6, 'CPU µs a message': (user + system) / BURST } };
}

export function publish(
  qos: 0 | 1 | 2,
  window: number,
  size = 64,
  more: Partial<ConnectOptions> = {},
  orders: PeerOrders = {},
) {
  return async (context: Context): Promise<Measurement> => {
    const client = await join(context, orders, more);
    const result = await measured(context, publishWindow(client, qos, window, new Uint8Array(size).fill(0x78)));
    await client.end();
    return result;
  };
}

export function receive(
  qos: 0 | 1 | 2,
  size: number,
  batch: number,
  filters: readonly string[] = ['bench/+'],
  topics = 1,
  prefix = 'bench/',
) {
  return receiveAs({ qos, size, topics, prefix }, batch, filters);
}

/** Receives with a handler for each filter. */
export function receiveAs(
  orders: PeerOrders & { readonly qos: 0 | 1 | 2 },
  batch: number,
  filters: readonly string[] = ['bench/+'],
  more: Partial<ConnectOptions> = {},
) {
  return (context: Context): Promise<Measurement> =>
    receiveBatches(context, orders, batch, (client, handler) => client.subscribe(filters, orders.qos, handler), more);
}

/** Lets the peer send batch after batch, and counts. @param subscribe has the handler called for each message */
export async function receiveBatches(
  context: Context,
  orders: PeerOrders,
  batch: number,
  subscribe: (client: BenchClient, handler: () => void) => Promise<void>,
  more: Partial<ConnectOptions> = {},
): Promise<Measurement> {
  const client = await join(context, orders, more);
  let got = 0;
  let wanted = 0;
  let full: () => void = () => undefined;
  await subscribe(client, () => {
    if (++got === wanted) full();
  });
  const order = Buffer.from(String(batch));
  const result = await measured(context, async (isOver) => {
    const before = got;
    while (!isOver()) {
      wanted = got + batch;
      const done = new Promise<void>((resolve) => (full = resolve));
      client.publish('start', order, 0);
      await done;
    }
    return got - before;
  });
  await client.end();
  return result;
}

export function gc(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
}

export const held = () => process.memoryUsage().heapUsed + process.memoryUsage().external;

/** Sends one, waits for its echo, and so on. */
export async function roundTrips(context: Context): Promise<Measurement> {
  const client = await join(context, { echo: true });
  let back: () => void = () => undefined;
  await client.subscribe(['echo'], 0, () => back());
  const payload = new Uint8Array(64);
  const times: number[] = [];
  const result = await measured(context, async (isOver) => {
    times.length = 0;
    while (!isOver()) {
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

export async function connectAndEnd(context: Context): Promise<Measurement> {
  // Twice the warm-up: what is called once a connection is compiled after a thousand of them.
  return measured({ ...context, warmUp: 2 * context.warmUp }, async (isOver) => {
    let count = 0;
    for (; !isOver(); count++) await (await join(context)).end();
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
    return { figures: { 'bytes a message': bytes } };
  };
}

/** The peer breaks the connection with everything in flight, and answers after 20 ms from then on. */
export function resume(count: number) {
  return async (context: Context): Promise<Measurement> => {
    const orders = { key: `${process.pid}-${count}`, breakAfter: count, delay: 20 };
    const client = await join(context, orders, { clean: false });
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
    return { figures: { 'ms in all': ms, 'CPU µs a message': (user + system) / count } };
  };
}

/** Messages a second with the session on disk, against the same in memory, in one process and in turn. */
export async function stored(context: Context, sync: boolean): Promise<Measurement> {
  const folder = mkdtempSync(pathOf(tmpdir(), 'bench-store-'));
  const half = { ...context, warmUp: context.warmUp / 2, measure: context.measure / 2 };
  const rate = async (more: Partial<ConnectOptions>) => (await publish(1, 100, 64, more)(half)).rate!;
  let memory = 0;
  let disk = 0;
  try {
    for (const turn of [1, 2]) {
      memory += (await rate({})) / 2;
      disk += (await rate({ clean: false, store: { folder: pathOf(folder, String(turn)), sync } })) / 2;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { figures: { 'times slower': memory / disk, 'messages a second': disk, 'of that in memory': memory } };
}
