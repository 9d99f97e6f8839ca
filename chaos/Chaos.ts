import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Mosquitto, mosquitto } from '../spec/support/mosquitto.js';
import { ChaosProxy, type Direction } from './ChaosProxy.js';
import { ClientProcess } from './ClientProcess.js';
import type { Outcome } from './Outcome.js';
import { Random } from './Random.js';
import { lostOf } from './Sequence.js';
import { FAIR, type Weather } from './Wire.js';
import type { Protocol, Published, Received } from './protocol.js';

type ClientName = 'publisher' | 'subscriber';

/** What a run is to be. */
export interface ChaosOptions {
  readonly seconds: number;
  /** Decides all that is decided here and in the client processes; when it happens is for the machine to say. */
  readonly seed: string;
  readonly protocol: Protocol;
  /** The programs of the client processes. */
  readonly programs: { readonly publisher: string; readonly subscriber: string };
  /** Called with a line for each thing that happens. */
  readonly log: (what: string) => void;
}

const WEATHERS: readonly Weather[] = [
  FAIR,
  { latency: 5, fragment: 0 },
  { latency: 30, fragment: 0 },
  { latency: 100, fragment: 0 },
  { latency: 0, fragment: 3 },
  { latency: 0, fragment: 50 },
  { latency: 5, fragment: 1_460 },
];
/** A network whose connections live 0.8 s, and one that is slower than they live: 300 kB take longer. */
const FLICKERS: readonly Weather[] = [FAIR, { latency: 0, fragment: 0, rate: 100_000 }];
const LIFE = 800;
/** The least and the most milliseconds that such a network lasts. */
const FLICKER = [3_000, 8_000] as const;
const WAYS: readonly (readonly Direction[])[] = [['toBroker'], ['toClient'], ['toBroker', 'toClient']];
const VICTIMS = ['publisher', 'subscriber', 'broker', 'both clients'] as const;
/** After which a client may be killed, before the next one comes. */
const STEPS = ['publish', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'] as const;
/** Milliseconds to wait for such a packet. */
const AMBUSH = 1_000;
/** Milliseconds for the broker to be ready to die. */
const FREEZE = 1_000;
/** How often that is tried. */
const ATTEMPTS = 20;
/** Milliseconds for what is under way to arrive at the end. */
const PATIENCE = 60_000;

/** One run, from the first connection to the last record. */
export class Chaos {
  private readonly over = new AbortController();
  private readonly mishaps: Record<string, number> = {};
  private published: Published = { accepted: { 1: 0, 2: 0 }, begun: 0, completed: 0, misplaced: 0 };
  private misplaced = 0;
  private received: Received | undefined;
  private isReady = false;
  private brokerKills = 0;
  private suspicions = 0;
  private readonly publisher: ClientProcess;
  private readonly subscriber: ClientProcess;

  private constructor(
    private readonly options: ChaosOptions,
    folder: string,
    private readonly broker: Mosquitto,
    private readonly proxies: { readonly publisher: ChaosProxy; readonly subscriber: ChaosProxy },
  ) {
    const { seed, programs, protocol } = options;
    const process = (name: ClientName) =>
      new ClientProcess(
        name,
        programs[name],
        { url: proxies[name].url, folder: join(folder, name), seed, protocol },
        (report) => {
          if (report.type === 'ready') this.isReady = true;
          if (report.type === 'published') this.published = report;
          if (report.type === 'received') this.received = report;
          if (report.type === 'online') this.log(`${name} is online`);
          if (report.type === 'offline') this.log(`${name} is offline: ${report.why}`);
          if (report.type === 'suspected') {
            this.suspicions++;
            this.log(`${name} suspects ${report.what.length} requests`);
          }
          if (report.type === 'fault') this.log(`FAULT ${report.what}`);
        },
      );
    this.publisher = process('publisher');
    this.subscriber = process('subscriber');
  }

  static async run(options: ChaosOptions): Promise<Outcome> {
    const folder = await mkdtemp(join(tmpdir(), 'tortoise-rx-chaos-'));
    const broker = await mosquitto({ persistence: true });
    const random = (name: string) => new Random(`${options.seed}/link/${name}`);
    const proxies = {
      publisher: await ChaosProxy.start(broker.port, random('publisher')),
      subscriber: await ChaosProxy.start(broker.port, random('subscriber')),
    };
    const chaos = new Chaos(options, folder, broker, proxies);
    try {
      return await chaos.play();
    } finally {
      await Promise.all([chaos.publisher.stop(), chaos.subscriber.stop()]);
      await Promise.all([proxies.publisher.close(), proxies.subscriber.close()]);
      await broker.stop();
      await rm(folder, { recursive: true });
    }
  }

  private async play(): Promise<Outcome> {
    const { seconds, seed } = this.options;
    this.subscriber.start();
    await this.until(() => this.isReady); // what is published before is not for it
    this.publisher.start();
    const scenes = [
      this.troubleLink('publisher', new Random(`${seed}/mishaps/publisher`)),
      this.troubleLink('subscriber', new Random(`${seed}/mishaps/subscriber`)),
      this.killAround(new Random(`${seed}/kills`)),
    ];
    const ending = sleep(seconds * 1_000).then(() => this.over.abort());
    await Promise.all([...scenes, ending]);
    return this.curtain();
  }

  /** The weather clears up, everything settles and is counted. */
  private async curtain(): Promise<Outcome> {
    const { publisher, subscriber, proxies, options } = this;
    this.log('the end: waiting for what is under way');
    for (const proxy of [proxies.publisher, proxies.subscriber]) proxy.clear();
    await this.until(() => publisher.isOnline && subscriber.isOnline); // or the store might not be open yet
    const leftByPublisher = await publisher.finish(PATIENCE);
    const { accepted, begun, completed } = this.published;
    await this.until(() => this.lost(1) + this.lost(2) === 0);
    await sleep(500); // what may come twice comes now
    const leftBySubscriber = await subscriber.finish(PATIENCE);
    const { 1: one, 2: two } = this.received!.sequences;
    const faults = [...publisher.faults, ...subscriber.faults];
    return {
      seed: options.seed,
      seconds: options.seconds,
      sent: accepted,
      lost: { 1: this.lost(1), 2: this.lost(2) },
      duplicated: { 1: one.duplicated, 2: two.duplicated },
      reordered: { 1: one.reordered, 2: two.reordered },
      repeated: this.received!.repeated,
      misplaced: this.misplaced + this.published.misplaced,
      unsettled: begun - completed,
      left: { publisher: leftByPublisher, subscriber: leftBySubscriber },
      faults,
      kills: { publisher: publisher.kills, subscriber: subscriber.kills, broker: this.brokerKills },
      suspicions: this.suspicions,
      mishaps: this.mishaps,
      reconnects: { publisher: publisher.connections - 1, subscriber: subscriber.connections - 1 },
      slowest: { publisher: publisher.slowest, subscriber: subscriber.slowest },
    };
  }

  private lost(qos: 1 | 2): number {
    return this.received ? lostOf(this.received.sequences[qos], this.published.accepted[qos]) : Infinity;
  }

  // ─── what is done to the links ───

  private async troubleLink(name: ClientName, random: Random): Promise<void> {
    const proxy = this.proxies[name];
    while (await this.wait(random.between(50, 1_500))) {
      const what = random.pick(['weather', 'weather', 'stall', 'cut', 'cut', 'reset', 'refusal', 'flicker'] as const);
      this.mishaps[what] = (this.mishaps[what] ?? 0) + 1;
      this.log(`${name}: ${what}`);
      if (what === 'weather') proxy.become(random.pick(WEATHERS));
      if (what === 'stall') proxy.stall(random.between(100, 4_000), random.pick(WAYS));
      if (what === 'cut') proxy.cutSoon(random.between(1, 5_000), random.pick(['toBroker', 'toClient']));
      if (what === 'reset') proxy.reset();
      if (what === 'flicker') {
        proxy.become(random.pick(FLICKERS));
        proxy.live(LIFE);
        proxy.reset();
        await this.wait(random.between(...FLICKER));
        proxy.live(Infinity);
        proxy.become(FAIR);
      }
      if (what !== 'refusal') continue;
      proxy.refuse(true);
      proxy.reset();
      await this.wait(random.between(0, 1_000));
      proxy.refuse(false);
    }
  }

  // ─── who is killed ───

  /** Kills each victim at least once; the order changes from round to round. */
  private async killAround(random: Random): Promise<void> {
    let isFirst = true;
    while (isFirst || !this.over.signal.aborted) {
      for (const victim of random.shuffle(VICTIMS)) {
        const inTheMiddle = random.chance(0.3); // of starting again, perhaps, or of the last words before that
        const gap = inTheMiddle ? random.between(20, 400) : random.between(100, 2_000);
        const absence = random.between(0, 500);
        if (!inTheMiddle) await this.until(() => this.publisher.isOnline && this.subscriber.isOnline);
        if (!(await this.wait(gap)) && !isFirst) return;
        this.log(`kills ${victim}`);
        if (victim === 'broker') await this.killBroker(absence);
        else
          await this.killClients(victim === 'both clients' ? ['publisher', 'subscriber'] : [victim], absence, random);
      }
      isFirst = false;
    }
  }

  private async killClients(names: readonly ClientName[], absence: number, random: Random): Promise<void> {
    if (random.chance(0.7))
      await Promise.all(names.map((name) => this.proxies[name].ambush(random.pick(STEPS), AMBUSH)));
    await sleep(random.between(0, 10));
    await Promise.all(names.map((name) => this[name].kill()));
    if (names.includes('publisher')) {
      this.misplaced += this.published.misplaced;
      this.published = { ...this.published, begun: 0, completed: 0, misplaced: 0 };
    }
    await sleep(absence);
    for (const name of names) this[name].start();
  }

  /** Kills the broker when its disk holds everything that it has sent to the clients, see README.md. */
  private async killBroker(absence: number): Promise<void> {
    const { broker } = this;
    const proxies = [this.proxies.publisher, this.proxies.subscriber];
    for (let attempts = 1; ; attempts++) {
      const ready = await Promise.all(proxies.map((proxy) => proxy.freeze(FREEZE)));
      if (ready.every(Boolean)) break;
      for (const proxy of proxies) proxy.thaw();
      this.log('the broker lives on: it has more to hear');
      if (attempts === ATTEMPTS) return;
      await sleep(FREEZE / 2);
    }
    await broker.save();
    await broker.kill();
    this.brokerKills++;
    for (const proxy of proxies) proxy.lose();
    await sleep(absence);
    await broker.restart();
  }

  /** @returns `false`, at once, when the run is over */
  private wait(ms: number): Promise<boolean> {
    const { signal } = this.over;
    return sleep(ms, undefined, { signal }).then(
      () => true,
      () => false,
    );
  }

  private async until(isTrue: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!isTrue() && Date.now() < deadline) await sleep(20);
  }

  private log(what: string): void {
    this.options.log(what);
  }
}
