import { inspect } from 'node:util';
import { expect } from 'chai';
import { type Observable, Subscription, config, delay, map, of, switchMap, take, tap, timer } from 'rxjs';
import type { SinonFakeTimers } from 'sinon';
import {
  type ClientOptions,
  type ConsumeOptions,
  InvalidArgumentError,
  type Message,
  type MqttClient,
  MqttError,
  PacketTooLargeError,
  type PublishOptions,
  backoff,
  consume,
  createClient,
} from '../../lib/index.js';
import type { PublishProperties } from '../../lib/packet/PacketProperties.js';
import type { Packet, QoS } from '../../lib/packet/Packet.js';
import { parseFilter } from '../../lib/topic/namedWildcards.js';
import { subscribeWith } from '../../lib/stream/subscribeWith.js';
import { turn } from '../support/turn.js';
import { watch } from '../support/watch.js';
import { type Connack, type Dial, FuzzBroker } from './FuzzBroker.js';
import type { Claimant, Hold } from './Hold.js';
import { HeldMessage, held } from './HeldMessage.js';
import { FlakyStore, type StoreMode } from './FlakyStore.js';
import { type Known, WireJudge } from './WireJudge.js';
import { plain } from './WireTerms.js';

/** What an application does inside a callback, the `n`-th of all callbacks. */
export type Reaction =
  | 'nothing'
  | 'throw'
  | 'publish'
  | 'listen'
  | 'leave'
  | 'leave another'
  | 'ping'
  | 'retry'
  | 'cut'
  | 'reconnect'
  | 'suspend'
  | 'wake'
  | 'acknowledge'
  | 'acknowledge another'
  | 'abandon'
  | 'end';

/** What happens, one thing after the other. Places are taken modulo what there is. */
export type ClientStep =
  | { readonly is: 'listen'; readonly filter: string; readonly qos: QoS; readonly reaction: Reaction }
  | { readonly is: 'hold messages'; readonly filter: string; readonly qos: QoS; readonly onLeave: boolean; readonly reaction: Reaction } // prettier-ignore
  /** The work on a message takes `ms`, or none without; every `fails`-th fails, 0: none. */
  | { readonly is: 'consume'; readonly filter: string; readonly options: ConsumeOptions; readonly ms: number | undefined; readonly fails: number; readonly reaction: Reaction } // prettier-ignore
  /** A listener answers for a message that it has, or had. */
  | { readonly is: 'answer for'; readonly at: number; readonly how: 'acknowledge' | 'abandon'; readonly reason: number }
  | {
      readonly is: 'publish';
      readonly topic: string;
      readonly size: number;
      readonly options: PublishOptions;
      readonly reaction: Reaction;
    }
  | { readonly is: 'subscribe' | 'unsubscribe'; readonly filters: readonly string[]; readonly qos: QoS; readonly reaction: Reaction } // prettier-ignore
  /** `wake` is `resume`: the broker has a step of that name. */
  | { readonly is: 'ping' | 'hold' | 'look' | 'reconnect' | 'suspend' | 'wake'; readonly reaction: Reaction }
  | { readonly is: 'leave'; readonly at: number }
  | { readonly is: 'end'; readonly timeout: number; readonly force: boolean }
  | { readonly is: 'answer'; readonly at: number; readonly how: 'right' | 'twice' | 'never' | 'other' | 'reason'; readonly reason: number; readonly packetId: number } // prettier-ignore
  | { readonly is: 'answer all' | 'close' | 'fail' | 'pause' | 'resume' | 'turn' }
  | { readonly is: 'send'; readonly packets: readonly Packet[]; readonly keep: number }
  | { readonly is: 'bytes'; readonly bytes: Uint8Array }
  | { readonly is: 'dial'; readonly dial: Dial }
  | { readonly is: 'connack'; readonly connack: Connack }
  | { readonly is: 'auto'; readonly isAuto: boolean }
  | { readonly is: 'store'; readonly mode: StoreMode; readonly count: number }
  /** `isBlocked`: all of it before anything else can happen, as in a process that is busy or was asleep. */
  | { readonly is: 'tick'; readonly ms: number; readonly isBlocked: boolean };

/** A whole run. */
export interface ClientCase {
  readonly synchronous: boolean;
  /** Whether the transport lends its chunks. */
  readonly isLent: boolean;
  /** Whether it can be paused. */
  readonly isPausable: boolean;
  readonly options: Omit<ClientOptions, 'server' | 'store'>;
  readonly hasStore: boolean;
  /** `later` and `twice` are notifiers that know nothing of delays. */
  readonly retrying: 'backoff' | 'few' | 'later' | 'twice';
  readonly watches: boolean;
  /** How CONNECT is answered at first. */
  readonly connack: Connack;
  /** Whether the broker answers at once, at first. */
  readonly isAuto: boolean;
  readonly steps: readonly ClientStep[];
  /** Whether the broker becomes a good one before the end, so that everything must come to rest. */
  readonly isCalmed: boolean;
  readonly end: { readonly timeout: number; readonly force: boolean };
}

/** What the application has begun. */
interface Deed {
  readonly what: string;
  readonly watched: {
    readonly values: unknown[];
    error: unknown;
    ends: number;
    subscription: Subscription;
  };
  readonly serial?: number;
  /** It was there in a turn in which time went by: its connection may have come and gone before that ended. */
  isBlocked?: boolean;
  readonly filter?: string;
}

/** Thrown by the application, to see that it harms nobody else. */
class Carelessness extends Error {}

const MOST_REACTIONS = 30;
const MOST_TIMERS = 500;
/** Milliseconds that the work of a consumer takes at most, and one more. */
const LONGEST_WORK = 301;

/** One client, one bad broker, and an application that does anything at any time. Throws at what must not be. */
export class ClientRun {
  private readonly client: MqttClient;
  private readonly broker: FuzzBroker;
  private readonly judge: WireJudge;
  private readonly store: FlakyStore | undefined;
  private readonly published: Known[] = [];
  private readonly filters = new Set<string>();
  private readonly deeds: Deed[] = [];
  /** Messages whose publishes failed for good. */
  private readonly failed = new Set<number>();
  private readonly takenBack = new Set<number>();
  private readonly delivered: unknown[] = [];
  readonly faults: string[] = [];
  /** Messages that listeners have or had to answer for. */
  private readonly held: HeldMessage[] = [];
  /** What is known of the message that is being delivered. */
  private delivering: Hold | undefined;
  /** From now on listeners acknowledge at once. */
  private isCalm = false;
  private readonly unhandled: unknown[] = [];
  private reactions = 0;
  private hasBrokenWrites = false;
  private isEnded = false;
  private turnBegan = 0;
  private isBlocked = false;
  /** As `state$` says. */
  private isSuspended = false;
  /** How long the application gave the client to end, at the most. */
  private patience = 0;

  constructor(
    private readonly given: ClientCase,
    private readonly clock: SinonFakeTimers,
  ) {
    const { cleanSession = true, onSessionLost = 'error' } = given.options;
    this.store = given.hasStore ? new FlakyStore() : undefined;
    this.judge = new WireJudge({
      onSessionLost,
      cleanStart: (everUp) => (cleanSession === 'first' ? !everUp : cleanSession),
      published: (serial) => this.published[serial],
      hasAsked: (filter) => this.filters.has(filter),
      isKept: (serial) => this.store?.hasHad(serial) ?? true,
      hasFailed: (serial) => this.failed.has(serial),
      maxInflight: given.options.maxInflight ?? 65_535,
      subscribeBatch: given.options.subscribeBatch ?? Infinity,
      hasStore: given.hasStore,
      hasBrokenWrites: () => this.hasBrokenWrites,
      protocolVersion: given.options.protocolVersion ?? 4,
      receiveMaximum: given.options.receiveMaximum ?? 65_535,
      receiveQueue: given.options.receiveQueue ?? 8_388_608,
      isPausable: given.isPausable,
      synchronous: given.synchronous,
      isEnding: () => this.isEnded,
      maxPacketSize: given.options.maxPacketSize ?? 268_435_460,
      topicAliasMaximum: given.options.topicAliasMaximum ?? 64,
      topicAliases: given.options.topicAliases ?? 64,
      wasBlocked: (serial) => this.deeds.some((deed) => deed.serial === serial && deed.isBlocked === true),
      now: () => clock.now,
      turnBegan: () => this.turnBegan,
    });
    this.broker = new FuzzBroker(this.judge, given.synchronous, given.isLent, given.isPausable);
    this.broker.connack = given.connack;
    this.broker.isAuto = given.isAuto;
    config.onUnhandledError = (error) => {
      if (!(error instanceof Carelessness)) this.unhandled.push(error);
    };
    this.client = createClient({
      ...given.options,
      ...(given.options.protocolVersion === 4 ? { topicAliasMaximum: undefined, topicAliases: undefined } : {}),
      clientId: 'fuzz',
      server: this.broker.transport,
      store: this.store?.store,
      retryWhen: notifiers[given.retrying],
    });
  }

  /** Plays the case to its end. */
  async play(): Promise<void> {
    try {
      this.client.messages$().subscribe((message) => {
        const { topic, payload, qos, retain, dup, properties } = message;
        const hold = this.delivering ?? this.judge.deliver(message);
        this.delivering = undefined;
        if (hold) this.judge.hasDelivered(hold);
        this.delivered.push({ type: 'publish', topic, payload, qos, retain, dup, properties: plain(properties) });
      });
      this.client.state$.subscribe(({ status }) => (this.isSuspended = status === 'suspended'));
      if (this.given.watches) this.look('nothing');
      for (const step of this.given.steps) {
        this.turnBegan = this.clock.now;
        await this.perform(step);
        await this.settle();
      }
      this.reactions = Infinity;
      if (this.given.isCalmed) await this.calm();
      await this.finish();
    } finally {
      config.onUnhandledError = null;
    }
  }

  // ─── steps ───

  private perform(step: ClientStep): void | Promise<void> {
    const { broker, client } = this;
    switch (step.is) {
      case 'listen':
        return this.listen(step.filter, step.qos, step.reaction);
      case 'hold messages':
        return this.holdMessages(step.filter, step.qos, step.onLeave, step.reaction);
      case 'consume':
        return this.consume(step);
      case 'answer for':
        return this.answerFor(step);
      case 'publish':
        return this.publish(step.topic, step.size, step.options, step.reaction);
      case 'subscribe':
      case 'unsubscribe':
        for (const filter of step.filters) this.ask(filter);
        if (step.is === 'subscribe') return this.begin('subscribe', client.subscribe(step.filters, { qos: step.qos }), step.reaction); // prettier-ignore
        return this.begin('unsubscribe', client.unsubscribe(step.filters), step.reaction);
      case 'ping':
        return this.begin('ping', client.ping(), step.reaction);
      case 'hold':
        return this.begin('connection$', client.connection$, step.reaction);
      case 'look':
        return this.look(step.reaction);
      case 'reconnect':
      case 'suspend':
      case 'wake':
        return this.interrupt(step.is, step.reaction);
      case 'leave':
        return this.leave(step.at);
      case 'end':
        return this.end(step.timeout, step.force);
      case 'answer':
        return this.answer(step);
      case 'answer all':
        return broker.send(...broker.pending.splice(0));
      case 'close':
      case 'fail':
        return broker.cut(step.is);
      case 'pause':
      case 'resume':
        return broker.reads(step.is === 'resume');
      case 'send':
        return broker.sendBytes(broker.encoded(step.packets.map((packet) => this.stamped(packet))), step.keep);
      case 'bytes':
        return broker.sendBytes(step.bytes);
      case 'dial':
        this.hasBrokenWrites ||= step.dial === 'throw on write';
        broker.dial = step.dial;
        return;
      case 'connack':
        broker.connack = step.connack;
        return;
      case 'auto':
        broker.isAuto = step.isAuto;
        return;
      case 'store':
        return this.store?.become(step.mode, step.count);
      case 'tick':
        if (!step.isBlocked) return this.pass(step.ms);
        this.isBlocked = true;
        for (const deed of this.deeds) deed.isBlocked = true;
        this.clock.tick(step.ms);
        this.isBlocked = false;
        return;
      case 'turn':
        return;
    }
  }

  private listen(filter: string, qos: QoS, reaction: Reaction): void {
    this.ask(filter);
    this.begin('topic$', this.client.topic$(filter, { qos }), reaction, { filter });
  }

  private holdMessages(filter: string, qos: QoS, onLeave: boolean, reaction: Reaction): void {
    this.ask(filter);
    const options = { qos, acknowledge: 'manual', acknowledgeOnLeave: onLeave } as const;
    this.begin('topic$', this.holding(this.client.topic$(filter, options), onLeave), reaction, { filter });
  }

  private consume({ filter, options, ms, fails, reaction }: Extract<ClientStep, { is: 'consume' }>): void {
    this.ask(filter);
    const { client } = this;
    let count = 0;
    const work = () => {
      const isFailing = fails > 0 && ++count % fails === 0;
      const done = ms === undefined ? of(count) : timer(ms);
      return isFailing ? done.pipe(map(() => { throw new InvalidArgumentError('work', 'it failed'); })) : done; // prettier-ignore
    };
    const source = {
      topic$: (filter: string, options: object) => this.holding(client.topic$(filter, options), false),
    };
    this.begin('topic$', consume(source as unknown as MqttClient, filter, work, options), reaction, { filter });
  }

  private answerFor({ at, how, reason }: Extract<ClientStep, { is: 'answer for' }>): void {
    const message = this.held[at % Math.max(1, this.held.length)];
    if (how === 'abandon' || !message) return message?.abandon();
    try {
      message.acknowledge(reason);
    } catch {
      // MQTT 3.1.1 cannot refuse it: that is checked where it is thrown
    }
  }

  // ─── what it holds ───

  /** What a listener hears, noting what it holds. */
  private holding(source: Observable<Message>, onLeave: boolean): Observable<HeldMessage> {
    return held(source, onLeave, this).pipe(tap((message) => this.held.push(message)));
  }

  handed(message: Message, claimant: Claimant): Hold | undefined {
    this.delivering ??= this.judge.deliver(message);
    this.delivering?.claim(claimant);
    return this.delivering;
  }

  answered(hold: Hold, claimant: Claimant, reason: number | undefined): void {
    this.judge.answered(hold, claimant, reason);
  }

  /** No two messages of the broker have the same payload. */
  private stamped(packet: Packet): Packet {
    if (packet.type !== 'publish') return packet;
    const payload = new Uint8Array(4 + packet.payload.length);
    new DataView(payload.buffer).setUint32(0, ++this.stamps);
    payload.set(packet.payload, 4);
    return { ...packet, payload };
  }

  private stamps = 0;

  private publish(topic: string, size: number, options: PublishOptions, reaction: Reaction): void {
    const serial = this.published.length;
    const payload = new Uint8Array(4 + size).fill(serial);
    new DataView(payload.buffer).setUint32(0, serial);
    const { qos = 0, retain = false } = options;
    const { messageExpiryInterval: seconds } = options.properties ?? {};
    const expiry = options.expiry ?? (seconds === undefined ? undefined : Math.max(1, seconds * 1_000));
    const properties = options.properties as PublishProperties | undefined;
    this.published.push({ serial, topic, qos, retain, payload, properties, expiry, since: this.clock.now });
    this.begin(`publish ${serial}`, this.client.publish(topic, payload, options), reaction, { serial });
  }

  private ask(filter: string): void {
    try {
      this.filters.add(parseFilter(filter).filter);
    } catch {
      // The client will refuse it, and so it must not be seen on the wire.
    }
  }

  private look(reaction: Reaction): void {
    const { client } = this;
    const all: readonly Observable<unknown>[] = [
      client.state$,
      client.events$,
      client.subscriptions$,
      client.messages$('unclaimed'),
      client.messages$(),
      client.metrics$(700),
    ];
    for (const each of all) this.begin('look', each, reaction);
  }

  private interrupt(how: 'reconnect' | 'suspend' | 'wake', reaction: Reaction): void {
    const { client } = this;
    const acts: Record<typeof how, () => Observable<unknown>> = {
      reconnect: () => client.reconnect(),
      suspend: () => client.suspend(),
      wake: () => client.resume(),
    };
    this.begin(how, acts[how](), reaction);
  }

  private leave(at: number): void {
    const open = this.deeds.filter(({ watched }) => !watched.subscription.closed);
    const deed = open[at % open.length];
    if (!deed) return;
    deed.watched.subscription.unsubscribe();
  }

  private end(timeout: number, force: boolean): void {
    this.isEnded = true;
    this.patience = Math.max(this.patience, timeout);
    this.begin('end', this.client.end({ timeout, force }), 'nothing');
  }

  private answer({ at, how, packetId, reason }: Extract<ClientStep, { is: 'answer' }>): void {
    const answer = this.broker.take(at);
    if (!answer || how === 'never') return;
    if (how === 'reason') this.broker.send(withReason(answer, reason));
    else if (how === 'other' && 'packetId' in answer) this.broker.send({ ...answer, packetId });
    else this.broker.send(...(how === 'twice' ? [answer, answer] : [answer]));
  }

  /** Subscribes, and reacts to whatever comes. */
  private begin(what: string, source: Observable<unknown>, reaction: Reaction, rest: Partial<Deed> = {}): void {
    const watched = { values: [] as unknown[], error: undefined as unknown, ends: 0, subscription: Subscription.EMPTY };
    const deed: Deed = { what, watched, isBlocked: this.isBlocked, ...rest };
    this.deeds.push(deed);
    const ended = (error?: unknown) => {
      watched.error = error;
      watched.ends++;
      if (error !== undefined && !(error instanceof MqttError))
        this.faults.push(`${what} erred with ${inspect(error)}`);
      this.checkSettled(deed);
      if (deed.serial !== undefined && error !== undefined) this.fail(deed.serial, error as MqttError);
      this.react(reaction, deed, source, error !== undefined);
    };
    const observer = {
      next: (value: unknown) => {
        if (watched.ends > 0) this.faults.push(`${what} emitted after its end`);
        watched.values.push(value);
        if (this.isCalm && value instanceof HeldMessage) value.acknowledge();
        this.react(reaction, deed, source, false, value);
      },
      error: (error: unknown) => ended(error ?? 'nothing'),
      complete: () => ended(),
    };
    subscribeWith(source, observer, (held) => (watched.subscription = held));
  }

  private react(reaction: Reaction, deed: Deed, source: Observable<unknown>, isError: boolean, value?: unknown): void {
    if (this.reactions++ >= MOST_REACTIONS) return;
    // The judge knows it by then for read, and the client has not looked at it.
    const isUnseen = (value as { type?: unknown } | undefined)?.type === 'packet-received';
    switch (reaction) {
      case 'nothing':
        return;
      case 'throw':
        throw new Carelessness(`thrown in ${deed.what}`);
      case 'publish':
        return this.publish('a', 0, { qos: (this.reactions % 3) as QoS }, 'nothing');
      case 'listen':
        return this.listen(this.reactions % 2 ? 'a' : '+', 1, 'nothing');
      case 'leave':
        return deed.watched.subscription.unsubscribe();
      case 'leave another':
        return isUnseen ? undefined : this.leave(this.reactions);
      case 'acknowledge':
        return value instanceof HeldMessage ? value.acknowledge() : undefined;
      case 'abandon':
        return value instanceof HeldMessage ? value.abandon() : undefined;
      case 'acknowledge another':
        return isUnseen ? undefined : this.answerFor({ is: 'answer for', at: this.held.length - 1 + (this.reactions % 2), how: 'acknowledge', reason: 0 }); // prettier-ignore
      case 'ping':
        return this.begin('ping', this.client.ping(), 'nothing');
      case 'retry':
        if (!isError || deed.serial !== undefined) return;
        return this.begin(deed.what, source, 'retry', { ...deed });
      case 'reconnect':
      case 'suspend':
      case 'wake':
        return this.interrupt(reaction, 'nothing');
      case 'cut':
        return this.broker.cut(this.reactions % 2 ? 'close' : 'fail');
      case 'end':
        return this.end(500, this.reactions % 2 > 0);
    }
  }

  /** A publish erred: the message is not sent any more, unless the protocol has its exchange finished. */
  private fail(serial: number, error: MqttError): void {
    const { code } = error;
    const { cleanSession = true, protocolVersion, giveUpAfter } = this.given.options;
    const { refused, unsureRefused } = this.judge;
    const isOptions = code === 'NOT_SUPPORTED' && protocolVersion === 4;
    // One of the broker's, for which the connection was given up, is too large as well.
    const isOfBroker = error instanceof PacketTooLargeError && error.limit === this.given.options.maxPacketSize;
    if (!isOfBroker && (code === 'NOT_SUPPORTED' || code === 'PACKET_TOO_LARGE')) {
      if (!isOptions && !this.judge.mayFail(serial, code)) this.faults.push(`message ${serial}: ${code}`);
    }
    const isRefused = refused.has(serial);
    const isUnsure = unsureRefused.has(serial) || this.judge.isGuessed(serial);
    if (giveUpAfter === Infinity && !isUnsure && isRefused !== (code === 'PUBLISH_REFUSED')) {
      this.faults.push(`message ${serial} was refused: ${String(isRefused)}, and failed with ${code}`);
    }
    if (code !== 'PUBLISH_UNFINISHED') this.failed.add(serial);
    else if (cleanSession === true) this.faults.push(`message ${serial} is unfinished in a clean session`);
    else if (!this.judge.written.has(serial) && !this.store && !this.hasBrokenWrites) this.faults.push(`message ${serial} is unfinished and was not written`); // prettier-ignore
  }

  /** A receipt says what has happened on the wire. */
  private checkSettled({ serial, watched }: Deed): void {
    if (serial === undefined || watched.error !== undefined) return;
    const { qos } = this.published[serial]!;
    if (qos === 0 && !this.judge.written.has(serial) && !this.hasBrokenWrites) this.faults.push(`message ${serial} has a receipt and was not written`); // prettier-ignore
    const isAnswered = this.judge.concluded.has(serial) || this.judge.isGuessed(serial);
    if (qos > 0 && !isAnswered) this.faults.push(`message ${serial} has a receipt without its acknowledgement`); // prettier-ignore
    if (watched.values.length !== 1) this.faults.push(`message ${serial} has ${watched.values.length} receipts`);
  }

  private async settle(): Promise<void> {
    await turn();
    await turn();
    const { wire } = this.broker;
    wire?.settled();
    if (wire?.neglected !== undefined) this.faults.push(`the client ${wire.neglected}`);
    if (this.isSuspended && this.broker.live > 0) this.faults.push('a connection while the client is suspended');
    for (const one of this.held) one.check();
    // One who left before a message was written: it must not be written any more. (A store takes it on first.)
    for (const { serial, watched, isBlocked } of this.deeds) {
      if (serial === undefined || isBlocked || this.store || this.hasBrokenWrites) continue; // a write that threw is one to the client
      if (watched.subscription.closed && watched.ends === 0 && !this.judge.written.has(serial))
        this.takenBack.add(serial);
    }
    const { faults } = this;
    for (const serial of this.takenBack) if (this.judge.written.has(serial)) faults.push(`message ${serial} was taken back`); // prettier-ignore
    this.check();
  }

  private check(): void {
    const all = [...this.faults, ...this.judge.faults, ...this.broker.faults, ...(this.store?.faults ?? [])];
    expect(all, 'faults').to.deep.equal([]);
    expect(this.unhandled.map(String), 'unhandled errors').to.deep.equal([]);
    const twice = this.deeds.filter(({ watched }) => watched.ends > 1);
    expect(
      twice.map(({ what }) => what),
      'ended twice',
    ).to.deep.equal([]);
  }

  // ─── the end ───

  /** The broker becomes a good one, and has forgotten everything. */
  private async calm(): Promise<void> {
    const { broker } = this;
    broker.dial = 'accept';
    broker.connack = { sessionPresent: false, reasonCode: 0 };
    broker.isAuto = true;
    this.store?.become('works');
    broker.reads(true);
    if (!this.isEnded) this.interrupt('wake', 'nothing');
    await this.settle();
    broker.cut('close');
    this.isCalm = true;
    for (const one of [...this.held]) one.acknowledge();
    await this.pass(60_000);
    if (this.isEnded) return;
    const open = this.deeds.filter(({ watched }) => !watched.subscription.closed && watched.ends === 0);
    const unfinished = open.filter(({ what }) => !['topic$', 'connection$', 'look'].includes(what));
    expect(
      unfinished.map(({ what }) => what),
      'unfinished though the broker is a good one',
    ).to.deep.equal([]);
    const listening = open.flatMap(({ filter }) => (filter === undefined ? [] : [parseFilter(filter).filter]));
    expect([...broker.subscribed], 'subscribed').to.include.members(listening);
    expect(broker.wire?.owed ?? [], 'owed').to.deep.equal([]);
    expect(broker.wire?.inbox.waiting ?? 0, 'unacknowledged').to.equal(0);
  }

  /** Lets time pass, from timer to timer. */
  private async pass(ms: number): Promise<void> {
    const { clock } = this;
    const until = clock.now + ms;
    await turn();
    for (let i = 0; i < MOST_TIMERS && clock.now < until && clock.countTimers() > 0; i++) {
      clock.next();
      this.turnBegan = clock.now;
      await turn();
    }
    if (clock.now < until) clock.tick(until - clock.now);
    this.turnBegan = clock.now;
    await this.settle();
  }

  private async finish(): Promise<void> {
    const { client, broker, clock, store, given } = this;
    const states = watch(client.state$);
    this.isEnded = true;
    const { wire } = broker;
    const isUp = wire?.isUp === true;
    const ends = [watch(client.end(given.end)), watch(client.end())];
    await this.settle();
    // What comes in the middle of the end may still be a reason to hang up without it.
    const mustSay = given.end.force && isUp && !this.hasBrokenWrites && !wire.isDoubtful;
    if (mustSay) expect(wire.hasLeft, 'DISCONNECT at the end').to.equal(true);
    this.patience = Math.max(this.patience, given.end.timeout);
    await this.pass(given.end.force ? 20 : this.patience + 20);
    if (store && !ends[0]!.completed) await this.pass(this.patience + 5_000); // that of the store
    expect(
      ends.map(({ completed }) => completed),
      'ended',
    ).to.deep.equal([true, true]);
    store?.become('works');
    await this.settle();
    await this.pass(LONGEST_WORK); // what consumers had begun when the client ended is finished
    await this.settle();
    const open = this.deeds.filter(({ watched }) => watched.ends === 0 && !watched.subscription.closed);
    expect(
      open.map(({ what }) => what),
      'left open',
    ).to.deep.equal([]);
    expect(states.values.at(-1)).to.have.property('status', 'closed');
    expect([states.completed, broker.live, store?.isOpen ?? false], 'left behind').to.deep.equal([true, 0, false]);
    expect(clock.countTimers(), 'timers').to.equal(0);
    this.checkDelivered();
    const late = [watch(client.publish('a', 'late')), watch(client.topic$('a')), watch(client.ping())];
    expect(late.map(({ error }) => (error as MqttError).code)).to.deep.equal(late.map(() => 'CLIENT_ENDED'));
  }

  /** All messages, in order, and no other. */
  private checkDelivered(): void {
    // How far into what was delivered: of messages that are alike one that may be missing can stand for another.
    let reached = new Set([0]);
    for (const { packet, isSure } of this.judge.expected) {
      const { type, topic, payload, qos, retain, dup } = packet;
      const properties = plain(packet.properties);
      const further = new Set(isSure ? [] : reached);
      for (const at of reached) {
        if (sameMessage(this.delivered[at], { type, topic, payload, qos, retain, dup, properties }))
          further.add(at + 1);
      }
      expect(further.size, `ways that message ${topic} ${payload.join()} at QoS ${qos} was delivered`).to.be.above(0);
      reached = further;
    }
    expect(this.delivered.slice(Math.max(...reached)), 'delivered and never sent').to.deep.equal([]);
  }
}

/** An answer with a reason code, where it may have that; SUBACK has it for each filter. */
function withReason(answer: Packet, reasonCode: number): Packet {
  switch (answer.type) {
    case 'puback':
    case 'pubrec':
      return { ...answer, reasonCode };
    case 'pubrel':
    case 'pubcomp':
      return { ...answer, reasonCode: 0x92 };
    case 'suback':
      return { ...answer, reasonCodes: answer.reasonCodes.map(() => (reasonCode < 0x80 ? 0 : reasonCode)) };
    default:
      return answer;
  }
}

function sameMessage(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const notifiers: Readonly<Record<ClientCase['retrying'], NonNullable<ClientOptions['retryWhen']>>> = {
  backoff: backoff({ min: 50, max: 2_000, jitter: 0 }),
  few: backoff({ min: 10, max: 100, jitter: 0, retries: 2, stableAfter: 0 }),
  later: (failures) => failures.pipe(delay(30)),
  twice: (failures) => failures.pipe(switchMap(() => timer(10, 5).pipe(take(2)))),
};
