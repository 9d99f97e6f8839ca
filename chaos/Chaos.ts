import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Mosquitto, mosquitto } from '../spec/support/mosquitto.js';
import { ChaosProxy, type Direction } from './ChaosProxy.js';
import { ClientProcess } from './ClientProcess.js';
import { Ledger } from './Ledger.js';
import { CLIENTS, type ClientName, type Outcome } from './Outcome.js';
import { Random } from './Random.js';
import { lostOf } from './Sequence.js';
import { FAIR, type Weather } from './Wire.js';
import { type ByQoS, LEDGER, type Protocol, type Published, type Received, type Report } from './protocol.js';

/** What a run is to be. */
export interface ChaosOptions {
  readonly seconds: number;
  /** Decides all that is decided here and in the client processes; when it happens is for the machine to say. */
  readonly seed: string;
  readonly protocol: Protocol;
  /** The folder with the programs of the client processes. */
  readonly programs: string;
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
const VICTIMS = [...CLIENTS, 'broker', 'all clients'] as const;
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
/** Milliseconds after which the consumer needs a new connection at the end, on which what has failed comes again. */
const NEW_CONNECTION = 1_000;

type ByClient<T> = Readonly<Record<ClientName, T>>;

/** One run, from the first connection to the last record. */
export class Chaos {
  private readonly over = new AbortController();
  private readonly mishaps: Record<string, number> = {};
  private published: Published = { accepted: { 1: 0, 2: 0 }, begun: 0, completed: 0, misplaced: 0 };
  private misplaced = 0;
  private received: Received | undefined;
  private readonly ready = new Set<ClientName>();
  private brokerKills = 0;
  private suspicions = 0;
  private readonly clients: ByClient<ClientProcess>;
  private readonly ledger: Ledger;
  private readonly consumerHasStore: boolean;

  private constructor(
    private readonly options: ChaosOptions,
    folder: string,
    private readonly broker: Mosquitto,
    private readonly proxies: ByClient<ChaosProxy>,
  ) {
    const { seed, programs, protocol } = options;
    this.consumerHasStore = new Random(`${seed}/consumer/store`).chance(0.5); // its ledger is enough
    this.clients = forEach((name) => {
      const hasStore = name !== 'consumer' || this.consumerHasStore;
      const task = { url: proxies[name].url, folder: join(folder, name), seed, protocol, hasStore };
      return new ClientProcess(name, join(programs, `${name}.js`), task, (report) => this.told(name, report));
    });
    this.ledger = new Ledger(join(folder, 'consumer', LEDGER));
  }

  static async run(options: ChaosOptions): Promise<Outcome> {
    const folder = await mkdtemp(join(tmpdir(), 'tortoise-rx-chaos-'));
    const broker = await mosquitto({ persistence: true });
    const proxy = (name: ClientName) => ChaosProxy.start(broker.port, new Random(`${options.seed}/link/${name}`));
    const proxies = {
      publisher: await proxy('publisher'),
      subscriber: await proxy('subscriber'),
      consumer: await proxy('consumer'),
    };
    const chaos = new Chaos(options, folder, broker, proxies);
    try {
      return await chaos.play();
    } finally {
      await Promise.all(Object.values(chaos.clients).map((client) => client.stop()));
      await Promise.all(Object.values(proxies).map((one) => one.close()));
      chaos.ledger.close();
      await broker.stop();
      await rm(folder, { recursive: true });
    }
  }

  /** A client process says something. */
  private told(name: ClientName, report: Report): void {
    if (report.type === 'ready') this.ready.add(name);
    if (report.type === 'published') this.published = report;
    if (report.type === 'received') this.received = report;
    if (report.type === 'online') this.log(`${name} is online`);
    if (report.type === 'offline') this.log(`${name} is offline: ${report.why}`);
    if (report.type === 'suspected') {
      this.suspicions++;
      this.log(`${name} suspects ${report.what.length} requests`);
    }
    if (report.type === 'fault') this.log(`FAULT ${report.what}`);
  }

  private async play(): Promise<Outcome> {
    const { seconds, seed } = this.options;
    const { publisher, subscriber, consumer } = this.clients;
    subscriber.start();
    consumer.start();
    await this.until(() => this.ready.size === 2); // what is published before is not for them
    publisher.start();
    const scenes = [
      ...CLIENTS.map((name) => this.troubleLink(name, new Random(`${seed}/mishaps/${name}`))),
      this.killAround(new Random(`${seed}/kills`)),
    ];
    const ending = sleep(seconds * 1_000).then(() => this.over.abort());
    await Promise.all([...scenes, ending]);
    return this.curtain();
  }

  /** The weather clears up, everything settles and is counted. */
  private async curtain(): Promise<Outcome> {
    const { clients, proxies, ledger, options } = this;
    const { publisher, subscriber, consumer } = clients;
    this.log('the end: waiting for what is under way');
    for (const proxy of Object.values(proxies)) proxy.clear();
    await this.until(() => this.areOnline()); // or the store might not be open yet
    const leftByPublisher = await publisher.finish(PATIENCE);
    const { accepted, begun, completed } = this.published;
    await this.until(() => this.lost(1) + this.lost(2) === 0);
    await this.finishWork();
    await sleep(500); // what may come twice comes now
    const leftBySubscriber = await subscriber.finish(PATIENCE);
    const leftByConsumer = await consumer.finish(PATIENCE);
    const { 1: one, 2: two } = this.received!.sequences;
    ledger.read();
    const { 1: done1, 2: done2 } = ledger.done;
    return {
      seed: options.seed,
      seconds: options.seconds,
      sent: accepted,
      lost: { 1: this.lost(1), 2: this.lost(2) },
      duplicated: { 1: one.duplicated, 2: two.duplicated },
      reordered: { 1: one.reordered, 2: two.reordered },
      repeated: this.received!.repeated,
      consumed: {
        hasStore: this.consumerHasStore,
        lost: this.notWorkedOn(),
        repeated: { 1: done1.state.duplicated, 2: done2.state.duplicated },
        recognised: ledger.recognised,
      },
      misplaced: this.misplaced + this.published.misplaced,
      unsettled: begun - completed,
      left: { publisher: leftByPublisher, subscriber: leftBySubscriber, consumer: leftByConsumer },
      faults: CLIENTS.flatMap((name) => clients[name].faults),
      kills: { ...forEach((name) => clients[name].kills), broker: this.brokerKills },
      suspicions: this.suspicions,
      mishaps: this.mishaps,
      reconnects: forEach((name) => clients[name].connections - 1),
      slowest: forEach((name) => clients[name].slowest),
    };
  }

  /** Waits until all is worked on. What failed comes again on a new connection. */
  private async finishWork(): Promise<void> {
    const isDone = () => {
      const { 1: one, 2: two } = this.notWorkedOn();
      return one + two === 0;
    };
    const deadline = Date.now() + PATIENCE;
    while (Date.now() < deadline) {
      await this.until(isDone, NEW_CONNECTION);
      if (isDone()) return;
      this.log('the consumer needs a new connection');
      this.proxies.consumer.reset();
    }
  }

  private areOnline(): boolean {
    return CLIENTS.every((name) => this.clients[name].isOnline);
  }

  private notWorkedOn(): ByQoS<number> {
    this.ledger.read();
    const { accepted } = this.published;
    return {
      1: lostOf(this.ledger.done[1].state, accepted[1]),
      2: lostOf(this.ledger.done[2].state, accepted[2]),
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
        if (!inTheMiddle) await this.until(() => this.areOnline());
        if (!(await this.wait(gap)) && !isFirst) return;
        this.log(`kills ${victim}`);
        if (victim === 'broker') await this.killBroker(absence);
        else await this.killClients(victim === 'all clients' ? CLIENTS : [victim], absence, random);
      }
      isFirst = false;
    }
  }

  private async killClients(names: readonly ClientName[], absence: number, random: Random): Promise<void> {
    if (random.chance(0.7))
      await Promise.all(names.map((name) => this.proxies[name].ambush(random.pick(STEPS), AMBUSH)));
    await sleep(random.between(0, 10));
    await Promise.all(names.map((name) => this.clients[name].kill()));
    if (names.includes('publisher')) {
      this.misplaced += this.published.misplaced;
      this.published = { ...this.published, begun: 0, completed: 0, misplaced: 0 };
    }
    await sleep(absence);
    for (const name of names) this.clients[name].start();
  }

  /** Kills the broker when its disk holds everything that it has sent to the clients, see README.md. */
  private async killBroker(absence: number): Promise<void> {
    const { broker } = this;
    const proxies = Object.values(this.proxies);
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

  private async until(isTrue: () => boolean, patience = PATIENCE): Promise<void> {
    const deadline = Date.now() + patience;
    while (!isTrue() && Date.now() < deadline) await sleep(20);
  }

  private log(what: string): void {
    this.options.log(what);
  }
}

function forEach<T>(of: (name: ClientName) => T): ByClient<T> {
  return { publisher: of('publisher'), subscriber: of('subscriber'), consumer: of('consumer') };
}
