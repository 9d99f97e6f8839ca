import {
  BehaviorSubject,
  EMPTY,
  type Observable,
  Subject,
  Subscription,
  filter,
  first,
  firstValueFrom,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  retry,
  skipUntil,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import {
  type ClientEvent,
  type ClientOptions,
  type MqttClient,
  type QoS,
  ServerDisconnectError,
  backoff,
  consume,
  createClient,
  isFatal,
  publishEach,
} from '../../lib/index.browser.js';
import { ROOMS, type Reading, fromPayload, readingsAt } from '../house/house.js';
import { Books } from './Books.js';
import { Curves } from './Curves.js';
import { History } from './History.js';
import { AT_WORK, IN_HAND, Jobs } from './Jobs.js';
import { NAMES, type Name } from './names.js';
import type { Stage } from './Stage.js';

export const QOS = [0, 1, 2] as const;
export const ROOM_NAMES = ROOMS.map(({ room }) => room);

/** Milliseconds between two readings of a thermometer. */
const PERIOD = 200;
/** Messages. Behind so many the thermometers rest: a demo that is forgotten shall not fill the memory. */
const LONG_QUEUE = 5_000;
/** Unacknowledged messages of a client: the window that is drawn. */
export const WINDOW = 20;

/** How a client of the demo connects: its session outlives its connections, and it finds out soon that one is dead. */
export function optionsFor(stage: Stage, name: string): ClientOptions {
  return {
    clientId: `${name}-${stage.page}`,
    protocolVersion: stage.protocolVersion,
    cleanSession: false,
    ...(stage.protocolVersion === 4 ? {} : { sessionExpiryInterval: 300 }),
    keepAlive: 10,
    pingInterval: 1,
    pingTimeout: 2_500,
    connackTimeout: 4_000,
    maxInflight: WINDOW,
    retryWhen: backoff({
      min: 300,
      max: 5_000,
      stableAfter: 500,
      // A takeover is fatal under MQTT 5, for good reasons; here it is a part of the play.
      isRetryable: (error) => !isFatal(error) || (error instanceof ServerDisconnectError && error.reasonCode === 0x8e),
    }),
  };
}

/** What goes on in the page: three clients, and the books of what they send and get. */
export class Play {
  readonly books = new Books();
  readonly jobs = new Jobs();
  readonly curves: Readonly<Record<QoS, Curves>> = {
    0: new Curves(ROOM_NAMES),
    1: new Curves(ROOM_NAMES),
    2: new Curves(ROOM_NAMES),
  };
  readonly clients: Readonly<Record<Name, MqttClient>>;
  readonly histories: Readonly<Record<Name, History>> = {
    house: new History(),
    dashboard: new History(),
    worker: new History(),
  };
  /** Whether the thermometers measure. */
  readonly isRunning$ = new BehaviorSubject(true);
  /** What the clients tell. */
  readonly events$ = new Subject<{ readonly name: Name; readonly event: ClientEvent }>();
  /** Who of those that listen is known to the broker. */
  private readonly listening$ = new BehaviorSubject<ReadonlySet<Name>>(new Set());
  /** Whether it knows both. Before, the house waits with its connection: nobody would hear it. */
  private readonly isHeard$ = this.listening$.pipe(map((names) => names.has('dashboard') && names.has('worker')));
  private ticks = 0;

  constructor(readonly stage: Stage) {
    const houseServer = () => {
      const mayTry$ = merge(
        this.isHeard$.pipe(filter(Boolean)),
        stage.conditions$.pipe(filter((now) => !now.isBrokerUp)),
      );
      return firstValueFrom(mayTry$).then(() => stage.server('house'));
    };
    this.clients = {
      house: createClient({ ...optionsFor(stage, 'house'), server: houseServer }),
      dashboard: createClient({ ...optionsFor(stage, 'dashboard'), server: stage.server('dashboard') }),
      worker: createClient({
        ...optionsFor(stage, 'worker'),
        server: stage.server('worker'),
        receiveMaximum: IN_HAND,
      }),
    };
  }

  /** Whether all clients are online. */
  get isOnline(): boolean {
    return NAMES.every((name) => this.histories[name].last?.status === 'online');
  }

  /** Emits once when all clients are online. */
  readonly online$ = interval(50).pipe(first(() => this.isOnline));

  /** Runs until it is unsubscribed. */
  start(): Subscription {
    const { house, dashboard, worker } = this.clients;
    const { stage, books, jobs } = this;
    const running = new Subscription();
    for (const name of NAMES) {
      running.add(this.clients[name].state$.subscribe((state) => this.histories[name].note(state)));
      running.add(this.clients[name].events$.subscribe((event) => this.note(name, event)));
    }
    running.add(
      stage.conditions$.subscribe(({ isBrokerUp }) => {
        if (!isBrokerUp) this.listening$.next(new Set());
      }),
    );
    running.add(
      merge(
        this.readings$().pipe(
          publishEach(house, (reading) => this.toMessage(reading), { concurrency: Infinity }),
          tap(({ value, error }) => books.settled(value, error)),
        ),
        // The house takes orders, too. It is subscribed because aedes keeps no session without a subscription.
        lasting(house.topic$(`demo/${stage.page}/target`, { qos: 1 })),
        lasting(dashboard.topic$(this.readingsFilter, { qos: 2 }).pipe(
          mergeMap((message) => fromPayload(message.text())),
          tap((reading) => this.arrived(reading)),
        )), // prettier-ignore
        lasting(consume(worker, this.jobTopic, () => jobs.work(), { concurrency: AT_WORK }).pipe(
          tap(({ message }) => jobs.finish(Number(message.text()))),
        )), // prettier-ignore
        this.trickle$(),
        interval(500).pipe(tap(() => this.isOnline && books.waited(500))),
      ).subscribe(),
    );
    return running;
  }

  /** Publishes so many jobs for the worker, at once. */
  flood(count: number): void {
    for (let i = 0; i < count; i++) {
      const job = ++this.jobs.sent;
      this.clients.house.publish(this.jobTopic, String(job), { qos: 1 }).subscribe({
        next: () => this.jobs.taken(job),
        error: () => this.jobs.gone++,
      });
    }
  }

  private get readingsFilter() {
    return `demo/${this.stage.page}/house/+room/temp` as const;
  }

  private get jobTopic() {
    return `demo/${this.stage.page}/jobs` as const;
  }

  private toMessage(reading: Reading) {
    const topic = `demo/${this.stage.page}/house/${reading.room}/temp`;
    return { topic, payload: JSON.stringify(reading), qos: reading.qos };
  }

  private readings$(): Observable<Reading> {
    return this.every(PERIOD).pipe(
      skipUntil(this.isHeard$.pipe(filter(Boolean))),
      filter(() => this.clients.house.toJSON().queued < LONG_QUEUE),
      mergeMap(() => {
        for (const qos of QOS) this.curves[qos].tick(performance.now() / 1_000);
        return readingsAt(this.stage.page, this.ticks++, PERIOD);
      }),
      tap((reading) => this.books.sent(reading)),
    );
  }

  private arrived(reading: Reading): void {
    this.books.arrived(reading);
    this.curves[reading.qos].arrived(reading);
  }

  /** Emits again and again while the house runs. @param period milliseconds */
  private every(period: number): Observable<unknown> {
    return this.isRunning$.pipe(switchMap((isRunning) => (isRunning ? interval(period) : EMPTY)));
  }

  /** A job now and then. */
  private trickle$(): Observable<unknown> {
    return this.every(400).pipe(
      filter(() => this.ticks > 0 && this.jobs.waiting < LONG_QUEUE),
      tap(() => this.flood(1)),
    );
  }

  private note(name: Name, event: ClientEvent): void {
    this.events$.next({ name, event });
    if (name === 'house') return;
    if (name === 'worker') this.jobs.note(event);
    if (name === 'dashboard' && event.type === 'connected' && !event.sessionPresent) this.books.forgotten();
    if (event.type === 'subscribed' || (event.type === 'connected' && event.sessionPresent)) {
      this.listening$.next(new Set([...this.listening$.value, name]));
    }
  }
}

/** A stream that is there again three seconds after it erred. What it errs with is an event as well. */
function lasting(stream$: Observable<unknown>): Observable<never> {
  return stream$.pipe(retry({ delay: () => timer(3_000) }), ignoreElements());
}
