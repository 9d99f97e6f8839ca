import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapCodeStatistics } from 'node:v8';
import { defaultIfEmpty, lastValueFrom, range } from 'rxjs';
import { ChaosProxy } from '../chaos/ChaosProxy.js';
import { Random } from '../chaos/Random.js';
import { Sequence, lostOf } from '../chaos/Sequence.js';
import { type MqttClient, backoff, createClient, publishEach } from '../lib/index.js';
import { memoryStore } from '../lib/store.js';
import { granted } from '../spec/support/granted.js';
import type { Outcome } from './Outcome.js';

/** What a run is to be. */
export interface SoakOptions {
  readonly messages: number;
  readonly reconnects: number;
  /** After each of them everything is at rest, and the heap is measured. */
  readonly rounds: number;
  readonly collectGarbage: () => void;
  readonly log: (what: string) => void;
  /** Called with how many publishes have settled, for each. */
  readonly progress?: ((settled: number) => void) | undefined;
}

const FILTER = 'soak/+';
const IN_FLIGHT = 200;
/** Milliseconds for what was published to come back. */
const PATIENCE = 60_000;
/** Milliseconds that what was closed has to be gone. */
const GRACE = 1_500;
/** Resources that come and go by themselves. */
const FLEETING: ReadonlySet<string> = new Set(['FSReqCallback', 'FSReqPromise', 'Immediate']);

/** One client that publishes and hears itself, for long, while its connection is cut again and again. */
export class Soak {
  private readonly client: MqttClient;
  private readonly sent = [0, 0, 0];
  private readonly seen = [new Sequence(), new Sequence(), new Sequence()];
  /** What came back at QoS 0: a number only, for the list of those that are lost would grow. */
  private heard = 0;
  private settled = 0;
  private failed = 0;
  private connections = 0;
  private cuts = 0;
  private isUp = false;

  private constructor(
    private readonly options: SoakOptions,
    private readonly proxy: ChaosProxy,
  ) {
    this.client = createClient(proxy.url, {
      clientId: 'soak',
      cleanSession: false,
      store: memoryStore(),
      retryWhen: backoff({ min: 1, max: 20 }),
    });
  }

  static async run(options: SoakOptions): Promise<Outcome> {
    const before = resources();
    const broker = fork(new URL('broker.ts', import.meta.url));
    const [port] = (await once(broker, 'message')) as [number];
    const proxy = await ChaosProxy.start(port, new Random('soak'));
    const soak = new Soak(options, proxy);
    const started = Date.now();
    let heap: number[];
    try {
      heap = await soak.play();
    } finally {
      await lastValueFrom(soak.client.end().pipe(defaultIfEmpty(undefined)));
      await proxy.close();
      broker.disconnect();
      await once(broker, 'exit');
    }
    const { sent, seen, heard, failed, connections } = soak;
    const seconds = (Date.now() - started) / 1_000;
    await sleep(GRACE);
    return {
      seconds,
      sent,
      seen: seen.map(({ state }, qos) => (qos === 0 ? { ...state, next: heard + 1 } : state)),
      failed,
      reconnects: connections - 1,
      heap,
      left: whatIsMore(before, resources()),
    };
  }

  /** @returns the bytes on the heap after each round */
  private async play(): Promise<number[]> {
    const { client, seen, options } = this;
    const { messages, rounds, collectGarbage, log } = options;
    const heap: number[] = [];
    client.connection$.subscribe(() => {
      this.connections++;
      this.isUp = true;
    });
    client.topic$(FILTER, { qos: 2 }).subscribe(({ qos, payload }) => {
      if (qos === 0) this.heard++;
      else seen[qos]!.receive(Buffer.from(payload).readUInt32BE());
    });
    await granted(client, FILTER);
    for (let round = 0; round < rounds; round++) {
      await this.playRound(Math.round((messages * (round + 1)) / rounds) - this.settled);
      collectGarbage();
      heap.push(dataOnHeap());
      log(`${this.settled} messages, ${this.connections - 1} reconnects, ${heap.at(-1)} bytes`);
    }
    return heap;
  }

  /** Publishes `count` messages while another listener is subscribed, and waits until all of them have come back. */
  private async playRound(count: number): Promise<void> {
    const { client, sent, seen } = this;
    const passer = client.topic$(`passer/${this.settled}`).subscribe();
    const results$ = range(this.settled, count).pipe(
      publishEach(client, (i) => this.message(i % 3), { concurrency: IN_FLIGHT }),
    );
    await new Promise<void>((resolve, reject) =>
      results$.subscribe({
        next: ({ value, error }) => {
          this.settled++;
          this.options.progress?.(this.settled);
          if (error && value % 3 > 0) this.failed++;
          this.cutIfDue();
        },
        error: reject,
        complete: resolve,
      }),
    );
    const deadline = Date.now() + PATIENCE;
    const areBack = () => [1, 2].every((qos) => lostOf(seen[qos]!.state, sent[qos]!) === 0);
    while (!(areBack() && this.isUp && this.cuts === this.due) && Date.now() < deadline) {
      this.cutIfDue();
      await sleep(5);
    }
    passer.unsubscribe();
  }

  /** How many cuts there should have been by now: each in the middle of its share of the messages. */
  private get due(): number {
    const { messages, reconnects } = this.options;
    return Math.floor((this.settled * reconnects) / messages + 0.5);
  }

  private cutIfDue(): void {
    if (!this.isUp || this.cuts >= this.due) return;
    this.cuts++;
    this.isUp = false;
    this.proxy.reset();
  }

  private message(qos: number) {
    const payload = Buffer.alloc(64);
    payload.writeUInt32BE(++this.sent[qos]!);
    return { topic: `soak/${qos}`, payload, qos: qos as 0 | 1 | 2 };
  }
}

/** The heap without compiled code, which the engine goes on improving for minutes: only what is still referenced. */
function dataOnHeap(): number {
  const { code_and_metadata_size: code, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
  return process.memoryUsage().heapUsed - code - bytecode;
}

function resources(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => !FLEETING.has(kind));
}

function whatIsMore(before: readonly string[], after: readonly string[]): string[] {
  const known = [...before];
  return after.filter((kind) => {
    const at = known.indexOf(kind);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}
