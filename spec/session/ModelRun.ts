import { expect } from 'chai';
import { ClientEndedError, type MqttError } from '../../lib/errors.js';
import type { PublishProperties } from '../../lib/packet/PacketProperties.js';
import type { Packet, QoS, SubscribePacket, UnsubscribePacket } from '../../lib/packet/Packet.js';
import { type Awaited, Outgoing } from '../../lib/session/Outgoing.js';
import { Session } from '../../lib/session/Session.js';
import type { SessionOptions } from '../../lib/session/SessionOptions.js';
import type { Application, Keeper, SessionEffects, Surroundings, Wire } from '../../lib/session/SessionEffects.js';
import type { SessionEvent } from '../../lib/session/SessionEvent.js';
import type { SessionInput } from '../../lib/session/SessionInput.js';
import { LIMITS_OF_311, type ServerLimits } from '../../lib/session/ServerLimits.js';
import { ModelBroker, STRAY, numberIn, PAYLOAD_SIZE, payloadFor } from './ModelBroker.js';
import { type Answer, type Claims, type InsideInbox, ModelInbox } from './ModelInbox.js';

type Message = Outgoing<Published>;

/** What happens in a run, one thing after the other. Indices are taken modulo what there is. */
export type Step =
  | { readonly type: 'publish'; readonly topic: string; readonly qos: QoS; readonly retain: boolean; readonly properties?: PublishProperties | undefined } // prettier-ignore
  | { readonly type: 'arrive'; readonly topic: string; readonly qos: QoS; readonly retain: boolean }
  | { readonly type: 'withdraw' | 'leave'; readonly at: number }
  /** A listener answers for a message that it holds. */
  | { readonly type: 'answer'; readonly at: number; readonly answer: Answer }
  | { readonly type: 'listen'; readonly filter: string; readonly qos: QoS }
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly filters: readonly string[]; readonly qos: QoS }
  | { readonly type: 'toBroker' | 'toClient'; readonly count: number }
  | { readonly type: 'grant'; readonly filter: string; readonly most: QoS | 0x80 }
  /** The process dies `after` so many effects from now on; what it wrote before that arrives, or not. */
  | { readonly type: 'crash'; readonly after: number; readonly arrives: boolean }
  | { readonly type: 'up'; readonly sessionPresent: boolean; readonly redeliversAsDup: boolean; readonly limits?: ServerLimits | undefined } // prettier-ignore
  /** The broker sends an acknowledgement of something that never was. */
  | { readonly type: 'stray'; readonly of: 'pubrec' | 'pubrel' }
  /** `flood`: the broker sends all that it has, whatever the client takes. */
  /** The transport takes what was written, or some of it, and holds so many bytes of it. */
  | { readonly type: 'flush'; readonly count: number; readonly unsent: number }
  /** `wind`: the identifiers start over, so that they collide. */
  /** `close`: the client itself closes the connection, as `reconnect` and `suspend` do. */
  | { readonly type: 'turn' | 'down' | 'close' | 'reminded' | 'give-up' | 'wind' | 'flood' };

/** What a run is made with. */
export interface ModelOptions extends SessionOptions {
  /** Whether the broker hangs up on messages to `bad` and on the filter `bad/#`. */
  readonly hangsUp: boolean;
  /** The highest QoS that the broker grants for a filter, or that it refuses it; 2 for all others. */
  readonly grants: Readonly<Record<string, QoS | 0x80>>;
  /** What PUBACK and PUBREC say with MQTT 5, one after the other, over and over. */
  readonly reasons: readonly number[];
  /** Who answers for the broker's messages, one after the other, over and over. */
  readonly claims: readonly Claims[];
}

/** Thrown by an effect when the process dies. */
const CRASH = new Error('crash');

/** What is kept of a message, as a store would. */
interface Kept {
  readonly published: Published;
  readonly packetId: number;
  readonly awaited: Awaited;
  readonly order: number;
}

/** One message that the application published, and everything that became of it. */
interface Published {
  readonly number: number;
  readonly qos: QoS;
  readonly topic: string;
  readonly retain: boolean;
  readonly properties: PublishProperties | undefined;
  outgoing: Message;
  outcome: 'open' | 'left' | 'taken back' | 'ok' | MqttError['code'];
  /** Where it stands: as `Outgoing.awaited`, but found out by watching. */
  stage: 'queue' | 'transport' | 'puback' | 'pubrec' | 'pubcomp' | 'over';
  /** The sessions, as the client counts them, in which it was written. */
  readonly writtenIn: Set<number>;
  sessionLost: boolean;
  /** Whether it was dropped with the session. */
  isDropped: boolean;
  /** Whether the process died since it was published: whether it was written, its successor cannot know. */
  survived: boolean;
  /** Whether the broker has refused it, in the answer that the client reads now or read before. */
  isRefused: boolean;
  /** Whether a server could not take it … */
  isAbove: boolean;
  /** … although one had it, perhaps, in this session: PUBREL makes that forget its identifier. */
  isWithheld: boolean;
  /** Whether it was sent out of order: suspected, or not taken by the transport. */
  isOutOfOrder: boolean;
}

/** A `subscribe` or `unsubscribe`, and what its answer may be. */
interface Asked {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly filters: readonly string[];
  answered: boolean;
  superseded: boolean;
}

/**
 * A session and a model broker with a channel each way between them, which loses what is on it when it is cut. Watches
 * every effect, and throws at the first thing that must not be.
 */
export class ModelRun implements SessionEffects<Message, Asked> {
  readonly broker: ModelBroker;
  private readonly inbox: ModelInbox;
  private session: Session<Message, Asked>;
  /** What was written and the transport has not taken. */
  private readonly written: Packet[] = [];
  private readonly toBroker: Packet[] = [];
  private readonly toClient: Packet[] = [];
  private readonly published: Published[] = [];
  private readonly asked: Asked[] = [];
  private queue: Published[] = [];
  private exchanges: Published[] = [];
  private released: Published[] = [];
  private readonly idsInUse = new Map<number, unknown>();
  private requests: (SubscribePacket | UnsubscribePacket)[] = [];
  private listeners: { filter: string; qos: QoS; since: number }[] = [];
  private readonly durable = new Map<string, QoS>();
  /** Filters whose durable subscription is as good as any: the call for it was abandoned. */
  private readonly eitherWay = new Set<string>();
  /** Filters that the broker had from a process that died: the next one need not know of them. */
  private readonly inherited = new Set<string>();
  /** Filters for which a SUBSCRIBE must be written before any message that is newer. */
  private readonly unsentFilters = new Map<string, number>();
  private readonly grants: Map<string, QoS | 0x80>;
  /** Filters that the broker refused at some time. */
  private readonly refusable = new Set<string>();
  /** The store: what outlives the process. */
  private readonly kept = new Map<Published, Kept>();
  private steps = 0;
  /** How many effects are left until the process dies. */
  private fuse = Infinity;
  private arrives = false;
  private now = 0;
  private era = 0;
  private isUp = false;
  private congested = false;
  /** QoS 0 messages that were written and not taken. */
  private leaving: Published[] = [];
  /** How many were taken on this connection. */
  private taken = 0;
  /** Messages that must still be repeated, in order, before any is sent for the first time. */
  private repeats: Published[] = [];
  /** What the server of this connection takes. */
  private limits: ServerLimits = LIMITS_OF_311;
  /** What the client is to answer to a PUBREC or PUBREL that it reads. */
  private answerDue: string | undefined;
  private answers = 0;
  /** Messages that were written on this connection, or whose PUBREL was, and are unacknowledged. */
  private readonly inFlightHere = new Set<Published>();
  /** Milliseconds that `remind` asked for, and pings whose answer `probe` waits for. */
  private reminder: number | undefined;
  private probes = 0;
  /** Milliseconds that the connection has lived at least. */
  private age = 0;
  private turnDue = false;
  private expectedNext: string[] | undefined;
  /** What the specs cannot know from outside. */
  private inside: {
    lastId: number;
    readonly inbox: InsideInbox;
    readonly trials: {
      readonly suspects: {
        has(one: unknown): boolean;
        readonly isExclusive: boolean;
        readonly isSure: boolean;
        readonly phase: string;
      };
    };
  };

  constructor(
    private readonly options: ModelOptions,
    private readonly maxDrain = 3_000,
  ) {
    this.inbox = new ModelInbox(options.receiveMaximum, options.claims);
    this.session = new Session<Message, Asked>(options, this);
    this.inside = this.session as unknown as typeof this.inside;
    this.grants = new Map(Object.entries(options.grants));
    for (const [filter, most] of this.grants) if (most === 0x80) this.refusable.add(filter);
    this.broker = new ModelBroker(
      (packet) => {
        if (this.isUp) this.toClient.push(packet);
      },
      () => this.now,
    );
    this.broker.grant = (filter) => this.grants.get(filter) ?? 2;
    this.broker.reason = () => options.reasons[this.answers++ % options.reasons.length] ?? 0;
  }

  /** Plays a step, as far as it makes sense at present, and looks at what is always true. */
  play(step: Step): void {
    this.now++;
    try {
      this.perform(step);
      if (this.inbox.isStuck) this.lose();
    } catch (error) {
      if (error !== CRASH) throw error;
      this.crash();
    }
    this.check();
  }

  /** Reconnects as often as the broker hangs up, lets all come to rest, and looks at what must be true then. */
  finish(sessionPresent: boolean, limits?: ServerLimits): void {
    this.fuse = Infinity;
    this.inbox.calm();
    this.play({ type: 'down' });
    this.play({ type: 'up', sessionPresent, redeliversAsDup: true, limits });
    for (let i = 0; this.isBusy; i++) {
      expect(i, 'rounds until all is at rest').to.be.lessThan(this.maxDrain);
      if (!this.isUp) this.play({ type: 'up', sessionPresent: true, redeliversAsDup: true, limits });
      this.play({ type: 'turn' });
      this.play({ type: 'flush', count: Infinity, unsent: 0 });
      this.play({ type: 'toBroker', count: Infinity });
      this.play({ type: 'toClient', count: Infinity });
      this.play({ type: 'answer', at: i * 7, answer: { how: 'acknowledge', reason: 0 } });
      if (!this.isMoving) this.play({ type: this.inbox.isWaiting ? 'down' : 'reminded' });
    }
    this.checkRest();
    this.checkOutgoing();
    this.checkSubscriptions();
  }

  /** A network over which nothing gets through, and every connection lives 0.8 s: controls are cut as well. */
  endureBadNetwork(connections: number): void {
    this.fuse = Infinity;
    const lifetime = 800;
    const refused = () => this.published.filter(({ outcome }) => outcome === 'PUBLISH_REFUSED').length;
    const before = refused();
    for (let i = 0; i < connections; i++) {
      this.disconnect(this.isUp ? Math.max(lifetime, this.age) : lifetime);
      this.play({ type: 'up', sessionPresent: true, redeliversAsDup: true });
      // PINGREQ gets through at first, if at all: that is the worst that may happen to a suspect.
      if (this.reminder !== undefined && this.reminder < lifetime) this.play({ type: 'reminded' });
      if (this.probes > 0) this.pong();
      this.play({ type: 'turn' });
    }
    this.disconnect(lifetime);
    expect(refused(), 'given up over a bad network').to.equal(before);
  }

  private get isMoving(): boolean {
    return this.written.length + this.toBroker.length + this.toClient.length > 0 || this.turnDue;
  }

  private get isBusy(): boolean {
    return !this.isUp || this.isMoving || this.reminder !== undefined || !this.session.isIdle || this.inbox.isBusy;
  }

  // ─── steps ───

  private perform(step: Step): void {
    switch (step.type) {
      case 'publish':
        return this.startPublish(step);
      case 'withdraw':
        return this.startWithdraw(step.at);
      case 'arrive':
        return this.broker.publish(step.topic, step.qos, step.retain);
      case 'listen':
        this.listeners.push({ filter: step.filter, qos: step.qos, since: this.now });
        if (!step.filter.startsWith('$share/')) this.unsentFilters.set(step.filter, this.published.length);
        return this.step({ ...step, type: 'listen' });
      case 'leave': {
        const [listener] = this.listeners.splice(step.at % this.listeners.length, 1);
        if (!listener) return;
        this.step({ type: 'leave', filter: listener.filter, qos: listener.qos });
        return this.forgetUnwanted(listener.filter);
      }
      case 'subscribe':
      case 'unsubscribe':
        return this.ask(step);
      case 'toBroker':
        for (let i = 0; i < step.count && this.toBroker.length > 0; i++) this.arrive(this.toBroker.shift()!);
        return;
      case 'toClient':
        for (let i = 0; i < step.count && this.toClient.length > 0 && this.inbox.takes; i++)
          this.receive(this.toClient.shift()!);
        return;
      case 'answer':
        return this.answer(step.at, step.answer);
      case 'grant':
        if (step.most === 0x80) this.refusable.add(step.filter);
        return void this.grants.set(step.filter, step.most);
      case 'turn':
        if (!this.turnDue) return;
        this.turnDue = false;
        return this.step({ type: 'turn' });
      case 'crash':
        this.fuse = step.after;
        this.arrives = step.arrives;
        return;
      case 'up':
        return this.connect(step.sessionPresent, step.redeliversAsDup, step.limits);
      case 'flood':
        return this.isUp ? this.broker.flood() : undefined;
      case 'stray':
        return this.isUp ? this.broker.stray(step.of) : undefined;
      case 'down':
        return this.lose();
      case 'close':
        return this.disconnect(this.age, false);
      case 'flush':
        return this.flush(step.count, step.unsent);
      case 'reminded':
        return this.remindSession();
      case 'give-up':
        return this.giveUp();
      case 'wind':
        if (this.exchanges[0]) this.inside.lastId = this.exchanges[0].outgoing.packetId - 1;
        return;
    }
  }

  private startPublish({ topic, qos, retain, properties }: Extract<Step, { type: 'publish' }>): void {
    const number = this.published.length;
    const published: Published = {
      number,
      qos,
      topic,
      retain,
      properties,
      isRefused: false,
      isAbove: false,
      isWithheld: false,
      isOutOfOrder: false,
      outgoing: undefined as never,
      outcome: 'open',
      stage: 'queue',
      writtenIn: new Set(),
      sessionLost: false,
      isDropped: false,
      survived: false,
    };
    const outgoing = new Outgoing<Published>(topic, payloadFor(number), qos, retain, published, undefined);
    Object.assign(published, { outgoing: Object.assign(outgoing, properties && { properties }) });
    this.published.push(published);
    this.queue.push(published);
    const before = this.queue.length;
    this.session.publish(published.outgoing);
    if (!this.isUp) expect(this.queue.length, 'queue').to.be.at.most(Math.max(this.options.queue.size, before - 1));
  }

  private startWithdraw(at: number): void {
    const open = this.published.filter(({ outcome }) => outcome === 'open');
    const published = open[at % open.length];
    if (!published) return;
    published.outcome = published.stage === 'queue' ? 'taken back' : 'left';
    this.queue = this.queue.filter((other) => other !== published);
    this.step({ type: 'withdraw', outgoing: published.outgoing });
  }

  private ask({ type, filters, qos }: Extract<Step, { type: 'subscribe' | 'unsubscribe' }>): void {
    const token: Asked = { type, filters, answered: false, superseded: false };
    for (const filter of filters) {
      this.eitherWay.delete(filter);
      if (type === 'subscribe') {
        this.durable.set(filter, qos);
        this.unsentFilters.set(filter, this.published.length);
      } else {
        this.durable.delete(filter);
        for (const other of this.asked) other.superseded ||= other.filters.includes(filter);
      }
    }
    this.asked.push(token);
    this.step({ type, filters, qos, token });
    filters.forEach((filter) => this.forgetUnwanted(filter));
  }

  private giveUp(): void {
    this.listeners = [];
    for (const call of this.asked) {
      if (call.answered || call.type === 'unsubscribe') continue;
      for (const filter of call.filters) if (this.durable.has(filter)) this.eitherWay.add(filter);
    }
    this.step({ type: 'give-up', error: new ClientEndedError('over'), isKept: true });
    this.unsentFilters.clear();
    // QoS 0 messages that are written are the transport's.
    expect(this.published.filter(({ outcome, stage }) => outcome === 'open' && stage !== 'transport')).to.deep.equal(
      [],
    );
    expect(this.asked.every(({ answered }) => answered)).to.equal(true);
  }

  /** The process dies, and another one goes on with what was kept. */
  private crash(): void {
    this.fuse = Infinity;
    if (this.arrives) this.toBroker.splice(0).every((packet) => this.arriveAt(packet));
    this.cut();
    this.requests = [];
    this.leaving = [];
    this.inbox.crash();
    // The application is another one: it has asked for nothing yet. What the broker was told may or may not be.
    for (const { filter } of this.listeners) this.eitherWay.add(filter);
    for (const filter of [...this.durable.keys(), ...this.broker.subscriptions.keys()]) this.eitherWay.add(filter);
    for (const filter of this.broker.subscriptions.keys()) this.inherited.add(filter);
    for (const { filters } of this.asked) filters.forEach((filter) => this.eitherWay.add(filter));
    this.listeners = [];
    this.durable.clear();
    this.unsentFilters.clear();
    for (const call of this.asked) call.answered = true;

    const left = [...this.kept.values()].sort((a, b) => a.published.number - b.published.number);
    for (const published of this.published) {
      published.isOutOfOrder ||= published.isWithheld;
      published.isWithheld = false; // its successor does not know, and may start over
      if (published.stage !== 'over' && !this.kept.has(published)) published.stage = 'over';
      if (published.outcome === 'open') published.outcome = 'left';
    }
    for (const { published, packetId, awaited } of left) {
      const { topic, payload, qos, retain } = published.outgoing;
      const whole = payload.length > 0 ? payload : payloadFor(published.number);
      const outgoing = new Outgoing<Published>(topic, whole, qos, retain, undefined, undefined);
      Object.assign(outgoing, { packetId, writtenAt: packetId > 0 ? 0 : -1 }, published.properties && { properties: published.properties }); // prettier-ignore
      this.owners.set(outgoing, published);
      Object.assign(published, { outgoing, stage: awaited, survived: true });
      // It was to be forgotten, and the process died before that.
      if (published.outcome === 'taken back' || published.outcome === 'QUEUE_OVERFLOW') published.outcome = 'left';
    }
    this.queue = left.filter(({ packetId }) => packetId === 0).map(({ published }) => published);
    const inFlight = left.filter(({ packetId }) => packetId > 0);
    const released = inFlight.filter(({ awaited }) => awaited === 'pubcomp').sort((a, b) => a.order - b.order);
    this.exchanges = inFlight.map(({ published }) => published);
    this.released = released.map(({ published }) => published);
    this.idsInUse.clear();
    for (const { published, packetId } of inFlight) this.idsInUse.set(packetId, published);

    this.session = new Session<Message, Asked>(this.options, this);
    this.inside = this.session as unknown as typeof this.inside;
    const outgoing = (all: readonly Published[]) => all.map((published) => published.outgoing);
    this.step({
      type: 'restore',
      inherited: {
        inFlight: outgoing(this.exchanges),
        received: outgoing(this.released),
        queued: outgoing(this.queue),
        packetIds: [...this.inbox.kept],
      },
    });
  }

  private connect(sessionPresent: boolean, redeliversAsDup: boolean, limits: ServerLimits = LIMITS_OF_311): void {
    if (this.isUp) return;
    this.isUp = true;
    this.limits = limits;
    this.inbox.up(limits.protocolVersion, sessionPresent);
    if (!sessionPresent) this.startOver();
    this.expectedNext = this.released.map(({ outgoing }) => `pubrel ${outgoing.packetId}`);
    for (const published of this.released) this.inFlightHere.add(published);
    const isApart = ({ outgoing }: Published) => this.session.exchanges.apart?.has(outgoing) === true;
    this.repeats = this.exchanges.filter((one) => one.stage !== 'pubcomp' && !isApart(one));
    this.broker.redeliversAsDup = redeliversAsDup;
    const { receiveMaximum } = this.options;
    this.broker.connect({ version: limits.protocolVersion, sessionPresent, receiveMaximum });
    // A process that dies when it has heard that the session is lost, and not kept that, leaves its successor a broker
    // with a session, but another one, which nothing tells: no client can keep its promises then.
    const { fuse } = this;
    if (!sessionPresent) this.fuse = Infinity;
    this.step({ type: 'up', sessionPresent, ...(limits === LIMITS_OF_311 ? {} : { limits }) });
    if (!sessionPresent) this.fuse = fuse;
    expect(this.expectedNext, 'resumed').to.equal(undefined);
    this.inbox.isUp(sessionPresent);
  }

  private startOver(): void {
    this.era++;
    const { onSessionLost } = this.options;
    for (const exchange of this.exchanges) {
      exchange.sessionLost = true;
      // Who published it was told an error, and the protocol does not demand any more that it be finished.
      exchange.isDropped = exchange.outcome === 'PUBLISH_UNFINISHED' && !exchange.survived;
      if (exchange.isDropped || exchange.isWithheld) exchange.stage = 'over';
      else if (exchange.qos === 2) exchange.stage = onSessionLost === 'error' ? 'over' : 'pubrec';
    }
    this.idsInUse.clear();
    this.released = [];
    this.exchanges = this.exchanges.filter(({ stage }) => stage !== 'over');
  }

  /** What is on its way is lost. */
  private cut(): void {
    this.isUp = this.broker.isUp = this.congested = this.turnDue = false;
    this.written.length = this.toBroker.length = this.toClient.length = 0;
    this.taken = this.probes = this.age = 0;
    this.inbox.cut();
    this.answerDue = undefined;
    this.expectedNext = this.reminder = undefined;
    this.repeats = [];
    this.inFlightHere.clear();
  }

  private disconnect(uptime: number, isLoss = true): void {
    if (!this.isUp) return;
    const { taken } = this;
    this.cut();
    for (const { packetId } of this.requests) this.idsInUse.delete(packetId);
    this.requests = [];
    // What the transport did not take waits again, ahead of all others.
    const lost = this.leaving.filter(({ stage }) => stage === 'transport');
    for (const published of lost) {
      published.isOutOfOrder = true;
      published.stage = published.outcome === 'open' ? 'queue' : 'over';
    }
    this.queue.unshift(...lost.filter(({ stage }) => stage === 'queue'));
    this.leaving = [];
    this.step({ type: 'down', uptime, isLoss, taken });
  }

  /** The network is cut after a time in which every reminder has come. */
  private lose(): void {
    if (this.isUp && this.reminder !== undefined) this.remindSession();
    if (this.isUp && this.inside.trials.suspects.phase === 'trial') this.remindSession();
    this.disconnect(this.age + 60_000);
  }

  private remindSession(): void {
    const { reminder } = this;
    if (!this.isUp || reminder === undefined) return;
    this.reminder = undefined;
    this.age += reminder;
    this.step({ type: 'reminded' });
  }

  /** The transport takes some of what was written, and says what it holds. */
  private flush(count: number, unsent: number): void {
    if (!this.isUp) return;
    for (let i = 0; i < count && this.written.length > 0; i++) {
      const packet = this.written.shift()!;
      this.toBroker.push(packet);
      if (packet.type !== 'publish' || packet.qos > 0) continue;
      this.taken++;
      const published = this.leaving.shift()!;
      expect(numberIn(packet.payload)).to.equal(published.number);
      published.stage = 'over';
    }
    this.congested = unsent >= (this.congested ? 8_388_608 : 16_777_216);
    this.step({ type: 'written', unsent, taken: this.taken });
    for (const { outcome, stage } of this.published) expect(outcome === 'open' && stage === 'over').to.equal(false);
  }

  private pong(): void {
    if (this.probes === 0) return;
    this.probes--;
    this.step({ type: 'probed' });
  }

  /** A packet arrives at the broker, which may hang up. @returns whether it has not */
  private arriveAt(packet: Packet): boolean {
    if (this.options.hangsUp && isBad(packet)) return false;
    this.broker.receive(packet);
    return true;
  }

  private arrive(packet: Packet): void {
    if (!this.arriveAt(packet)) this.disconnect(this.age + 10);
  }

  private receive(packet: Packet): void {
    switch (packet.type) {
      case 'pingresp':
        return this.pong();
      case 'puback':
      case 'pubcomp':
      case 'pubrec':
        if (packet.packetId === STRAY) this.answerDue = this.answerTo('pubrel', STRAY, false);
        else this.acknowledged(packet.type, packet.packetId, packet.reasonCode ?? 0);
        break;
      case 'pubrel':
        this.answerDue = this.answerTo('pubcomp', packet.packetId, this.inbox.release(packet.packetId));
        break;
      case 'publish':
        if (this.inbox.receive(packet, () => this.session.receive(packet))) this.lose();
        return;
      case 'suback':
      case 'unsuback':
        if (this.requests.some(({ packetId }) => packetId === packet.packetId)) this.idsInUse.delete(packet.packetId);
        this.requests = this.requests.filter(({ packetId }) => packetId !== packet.packetId);
        break;
      default:
    }
    this.session.receive(packet);
    expect(this.answerDue, 'answer').to.equal(undefined);
  }

  private answer(at: number, answer: Answer): void {
    const message = this.inbox.answer(at, answer);
    if (message) this.step({ type: 'decided', message });
  }

  /** MQTT 5 says when an exchange is unknown. */
  private answerTo(type: 'pubrel' | 'pubcomp', packetId: number, isKnown: boolean): string {
    return `${type} ${packetId} ${isKnown || this.limits.protocolVersion === 4 ? 'undefined' : 0x92}`;
  }

  private acknowledged(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number, reason: number): void {
    const exchange = this.exchanges.find(({ outgoing }) => outgoing.packetId === packetId)!;
    if (type !== 'pubcomp' && reason >= 0x80) {
      expect(exchange.stage).to.equal(type);
      exchange.isRefused = true; // `dropped` does the rest
    } else if (type === 'pubrec') {
      if (exchange.stage === 'pubrec') this.released.push(exchange);
      exchange.stage = 'pubcomp';
      this.answerDue = this.answerTo('pubrel', packetId, true);
    } else this.conclude(exchange, type);
  }

  private conclude(exchange: Published, type: 'puback' | 'pubcomp'): void {
    const { packetId } = exchange.outgoing;
    expect(exchange.stage).to.equal(type);
    exchange.stage = 'over';
    this.inFlightHere.delete(exchange);
    this.idsInUse.delete(packetId);
    this.exchanges = this.exchanges.filter((other) => other !== exchange);
    this.released = this.released.filter((other) => other !== exchange);
  }

  private step(input: SessionInput<Message, Asked>): void {
    this.session.step(input);
  }

  private forgetUnwanted(filter: string): void {
    const isDurable = this.durable.has(filter) && !this.eitherWay.has(filter);
    if (!isDurable && !this.listeners.some((listener) => listener.filter === filter)) this.unsentFilters.delete(filter);
  }

  private wantedQoS(filter: string): QoS | undefined {
    const all = this.listeners.filter((listener) => listener.filter === filter).map(({ qos }) => qos);
    if (this.durable.has(filter)) all.push(this.durable.get(filter)!);
    return all.length > 0 ? (Math.max(...all) as QoS) : undefined;
  }

  // ─── effects ───

  /** The process may die before any effect. */
  private burn(): void {
    if (this.fuse-- <= 0) throw CRASH;
  }

  /** Messages of an earlier process have no token. */
  private readonly owners = new Map<Message, Published>();

  private ownerOf(outgoing: Message): Published {
    return this.owners.get(outgoing) ?? this.published.find((published) => published.outgoing === outgoing)!;
  }

  readonly keeper: Keeper<Message> = {
    keep: (outgoing) => {
      this.burn();
      const { packetId, awaited, qos } = outgoing;
      const published = this.ownerOf(outgoing);
      expect(qos, 'kept').to.be.greaterThan(0);
      this.kept.set(published, { published, packetId, awaited, order: ++this.steps });
    },
    forget: (outgoing) => {
      this.burn();
      this.kept.delete(this.ownerOf(outgoing));
    },
    keepReceived: (packetId) => {
      this.burn();
      this.inbox.keepReceived(packetId);
    },
    forgetReceived: (packetId) => {
      this.burn();
      this.inbox.kept.delete(packetId);
    },
  };

  readonly wire: Wire<Message> = {
    send: (packet) => {
      this.burn();
      expect(this.isUp, 'written offline').to.equal(true);
      this.meetAnswer(packet);
      if (packet.type === 'puback' || packet.type === 'pubrec') this.inbox.acknowledge(packet);
      if (packet.type === 'subscribe' || packet.type === 'unsubscribe') {
        expect(this.requests.includes(packet), 'repeated').to.equal(false);
        this.use(packet.packetId, packet);
        this.requests.push(packet);
        const filters = packet.type === 'subscribe' ? packet.subscriptions : packet.filters;
        expect(filters.length, 'batch').to.be.within(1, this.options.subscribeBatch);
        if (packet.type === 'subscribe')
          for (const { filter } of packet.subscriptions) this.unsentFilters.delete(filter);
        expect(this.expectedNext ?? [], 'repeated before').to.deep.equal([]);
      }
      this.written.push(packet);
    },
    publish: (outgoing) => {
      this.burn();
      const { type, topic, payload, qos, retain, dup, packetId } = outgoing;
      const published = this.published[numberIn(payload)]!;
      if (qos > 0) {
        const { awaited, packetId } = this.kept.get(published)!;
        expect([awaited, packetId], 'kept before').to.deep.equal([outgoing.awaited, outgoing.packetId]);
      }
      expect(this.isUp, 'written offline').to.equal(true);
      expect(this.congested, 'written although the transport holds too much').to.equal(false);
      if (!published.survived) expect(dup, 'DUP').to.equal(published.writtenIn.has(this.era) && qos > 0);
      else if (published.writtenIn.has(this.era) && qos > 0) expect(dup, 'DUP').to.equal(true);
      published.writtenIn.add(this.era);
      expect(this.whyAbove(published), 'written although the server cannot take it').to.equal(undefined);
      if (published.stage === 'queue') this.begin(published);
      else if (this.session.exchanges.apart?.has(outgoing) !== true)
        expect(published, 'repeated').to.equal(this.repeats.shift());
      if (qos > 0) {
        this.use(packetId, published);
        expect(this.inFlightHere.has(published), 'written twice on a connection').to.equal(false);
        this.inFlightHere.add(published);
        expect(this.inFlightHere.size, 'in flight').to.be.at.most(this.maxInflight);
      } else expect(packetId).to.equal(0);
      outgoing.written(this.now);
      this.written.push({ type, topic, payload, qos, retain, dup, packetId });
    },
  };

  readonly application: Application<Message, Asked> = {
    deliver: (message) => {
      this.burn();
      return this.inbox.deliver(message);
    },
    settle: (outgoing, token, error) => {
      this.burn();
      const published = this.ownerOf(outgoing);
      expect([token, outgoing]).to.deep.equal([published, published.outgoing]);
      expect(published.outcome, 'settled').to.equal('open');
      published.outcome = error?.code ?? 'ok';
      if (error?.code === 'SESSION_LOST') expect(published.sessionLost && published.qos === 2).to.equal(true);
      if (error?.code === 'PUBLISH_REFUSED' && !published.isRefused) expect(this.options.hangsUp && published.topic).to.equal('bad'); // prettier-ignore
      if (error?.code === 'NOT_SUPPORTED' || error?.code === 'PACKET_TOO_LARGE') expect(this.whyAbove(published), 'above').to.equal(error.code); // prettier-ignore
      if (!error) expect(published.stage).to.equal('over');
      if (published.stage === 'queue') published.stage = 'over';
      this.queue = this.queue.filter((other) => other !== published);
    },
    unsubscribed: () => undefined,
    answered: (call, grants, error) => {
      expect(call.answered, 'answered').to.equal(false);
      call.answered = true;
      const granted = grants.map(({ filter }) => filter);
      expect(call.filters).to.include.members(granted);
      if (call.type === 'subscribe' && !error && !call.superseded) expect(granted).to.have.members([...new Set(call.filters)]); // prettier-ignore
      if (call.type === 'unsubscribe' && error) expect(error.code).to.equal('CLIENT_ENDED');
    },
    subscribing: (filter) => expect(filter).to.be.a('string'),
    subscribed: (filter) => expect(filter === 'bad/#' && this.options.hangsUp).to.equal(false),
    refused: (filter) => {
      expect(this.refusable.has(filter) || (this.options.hangsUp && filter === 'bad/#'), filter).to.equal(true);
      this.listeners = this.listeners.filter((listener) => listener.filter !== filter);
      this.durable.delete(filter);
      this.unsentFilters.delete(filter);
    },
    resumed: () => {
      expect(this.expectedNext, 'repeated').to.deep.equal([]);
      this.expectedNext = undefined;
    },
  };

  readonly surroundings: Surroundings = {
    turnNeeded: () => {
      expect(this.isUp, 'turn').to.equal(true);
      this.turnDue = true;
    },
    remind: (ms) => (this.reminder = ms),
    probe: () => {
      this.probes++;
      this.written.push({ type: 'pingreq' });
    },
    read: (isReading) => {
      expect(isReading, 'reads already').not.to.equal(this.inbox.isReading);
      this.inbox.isReading = isReading;
    },
    fail: (error) => {
      if (!this.inbox.fail(error)) throw error;
    },
    renew: () => this.inbox.renew(),
  };

  readonly events = { next: (event: SessionEvent) => this.report(event) };

  private report(event: SessionEvent): void {
    switch (event.type) {
      case 'subscribed':
        return void expect(event.granted, event.filter).to.be.at.most(event.requested);
      case 'suspected':
        for (const { outgoing } of this.published) {
          if (this.session.exchanges.apart?.has(outgoing) === true) this.ownerOf(outgoing).isOutOfOrder = true;
        }
        return;
      case 'given-up':
        expect(this.options.hangsUp && (event.filter ?? event.topic), 'given up').to.be.oneOf(['bad', 'bad/#']);
        return;
      case 'message-dropped':
        return this.dropped(event.reason);
      default: // whether it is gone is seen at the end
    }
  }

  private dropped(reason: string): void {
    this.burn();
    if (reason === 'overflow') {
      const { size, overflow } = this.options.queue;
      const published = overflow === 'drop-oldest' && size > 0 ? this.queue[0]! : this.queue.at(-1)!;
      expect(published.outgoing.awaited, 'turned away').to.equal('nothing');
      if (published.outcome === 'left') published.outcome = 'QUEUE_OVERFLOW';
      published.stage = 'over';
      this.queue = this.queue.filter((other) => other !== published);
    }
    if (reason === 'refused') {
      const [published, ...others] = this.exchanges.filter(({ outgoing }) => outgoing.awaited === 'nothing');
      expect(others, 'given up').to.deep.equal([]);
      published!.stage = 'over';
      if (published!.outcome === 'left') published!.outcome = 'PUBLISH_REFUSED';
      this.forgetExchange(published!);
    }
    if (reason === 'not-supported') {
      const published = this.exchanges.find(isDropped) ?? this.queue[0]!;
      const why = this.whyAbove(published);
      expect(why, 'dropped though the server takes it').not.to.equal(undefined);
      published.isAbove = true;
      if (published.outcome === 'left') published.outcome = why!;
      this.repeats = this.repeats.filter((other) => other !== published);
      if (published.qos === 2 && published.outgoing.dup) return this.withheld(published);
      published.stage = 'over';
      this.queue = this.queue.filter((other) => other !== published);
      this.forgetExchange(published);
    }
  }

  /** A message is dropped that the broker may have: PUBREL is due, and all that follows. */
  private withheld(published: Published): void {
    published.stage = 'pubcomp';
    published.isWithheld = true;
    this.released.push(published);
    this.inFlightHere.add(published);
    this.answerDue = this.answerTo('pubrel', published.outgoing.packetId, true);
  }

  private forgetExchange(published: Published): void {
    this.idsInUse.delete(published.outgoing.packetId);
    this.inFlightHere.delete(published);
    this.exchanges = this.exchanges.filter((other) => other !== published);
    this.repeats = this.repeats.filter((other) => other !== published);
  }

  /** How many messages may be unacknowledged on this connection. */
  private get maxInflight(): number {
    return Math.min(this.options.maxInflight, this.limits.receiveMaximum);
  }

  /** With which error a message fails that this connection's server cannot take. */
  private whyAbove({ qos, topic, retain, properties }: Published): MqttError['code'] | undefined {
    const { protocolVersion, maximumQoS, retainAvailable, maximumPacketSize } = this.limits;
    if (protocolVersion === 4) return properties ? 'NOT_SUPPORTED' : undefined;
    if (qos > maximumQoS || (retain && !retainAvailable)) return 'NOT_SUPPORTED';
    const size = 2 + 2 + topic.length + (qos > 0 ? 2 : 0) + 1 + (properties ? 4 : 0) + PAYLOAD_SIZE;
    return size > maximumPacketSize ? 'PACKET_TOO_LARGE' : undefined;
  }

  /** The first PUBLISH of a message: it is its turn, and it may. */
  private begin(published: Published): void {
    expect(published, 'order').to.equal(this.queue.shift());
    expect(this.expectedNext, 'before the session is resumed').to.equal(undefined);
    expect(this.repeats, 'before everything is repeated').to.deep.equal([]);
    for (const [filter, since] of this.unsentFilters) {
      if (!this.inside.trials.suspects.has(filter)) expect(published.number, filter).to.be.lessThan(since);
    }
    published.stage = published.qos === 0 ? 'transport' : published.qos === 1 ? 'puback' : 'pubrec';
    (published.qos > 0 ? this.exchanges : this.leaving).push(published);
  }

  private meetAnswer(packet: Packet): void {
    if (packet.type !== 'pubrel' && packet.type !== 'pubcomp') return;
    const { type, packetId, reasonCode } = packet;
    if (this.answerDue !== undefined) expect(`${type} ${packetId} ${reasonCode}`).to.equal(this.answerDue);
    this.answerDue = undefined;
    if (type === 'pubrel' && packetId !== STRAY) this.meet(`pubrel ${packetId}`);
  }

  private meet(repeated: string): void {
    if (this.expectedNext) expect(repeated).to.equal(this.expectedNext.shift());
    else expect(repeated, 'repeated without a reconnect').to.match(/^pubrel/);
  }

  private use(packetId: number, owner: unknown): void {
    expect(packetId, 'identifier').to.be.within(1, 65_535);
    expect(this.idsInUse.get(packetId) ?? owner, 'identifier in use').to.equal(owner);
    this.idsInUse.set(packetId, owner);
  }

  // ─── what must be true ───

  private check(): void {
    const { session } = this;
    this.inbox.check(this.isUp, session.isReading);
    expect([session.inFlight, session.queued], 'in flight, queued').to.deep.equal([
      this.exchanges.length,
      this.queue.length,
    ]);
    const isOpen = this.isUp && !this.congested && this.inFlightHere.size < this.maxInflight;
    const { suspects } = this.inside.trials;
    // What comes later waits behind suspected messages.
    const isExclusive = suspects.isExclusive || (session.exchanges.areApart && !suspects.isSure);
    if (isOpen && !isExclusive && !this.turnDue) expect(this.repeats, 'repeats').to.deep.equal([]);
    if (isOpen && !isExclusive && this.queue.length > 0) expect(this.turnDue, 'turn is due').to.equal(true);
    if (this.isUp && session.isBusy && !isExclusive) expect(this.turnDue, 'turn is due').to.equal(true);
  }

  private checkRest(): void {
    const { session, broker } = this;
    expect([session.inFlight, session.queued, session.isIdle], 'at rest').to.deep.equal([0, 0, true]);
    expect([broker.received.size, broker.unfinished.size], 'left at the broker').to.deep.equal([0, 0]);
    this.inbox.checkRest(this.inside.inbox, broker.forwards);
    expect(this.published.filter(({ outcome }) => outcome === 'open')).to.deep.equal([]);
    expect(this.asked.filter(({ answered }) => !answered)).to.deep.equal([]);
  }

  private checkOutgoing(): void {
    const { taken, refused } = this.broker;
    const isInOrder = (n: number) => !this.published[n]!.isOutOfOrder && !refused.has(n);
    const first = [...new Set(taken.map(({ number }) => number))].filter(isInOrder);
    expect(first, 'order').to.deep.equal([...first].sort((a, b) => a - b));
    const counts = new Map<number, number>();
    for (const { number } of taken) counts.set(number, (counts.get(number) ?? 0) + 1);
    for (const published of this.published) {
      const [least, most] = this.bounds(published);
      const { number, qos, outcome } = published;
      expect(counts.get(number) ?? 0, `${number}@${qos} ${outcome}`).to.be.within(least, most);
    }
  }

  /** How often the broker may have a message. */
  private bounds(published: Published): [number, number] {
    const [least, most] = this.boundsIfTaken(published);
    return [published.isRefused || published.isAbove ? 0 : least, most];
  }

  private boundsIfTaken({ qos, topic, outcome, sessionLost, isDropped, writtenIn }: Published): [number, number] {
    if (outcome === 'taken back' || outcome === 'QUEUE_OVERFLOW' || writtenIn.size === 0) return [0, 0];
    if (qos === 0) return [0, 1];
    if (this.options.hangsUp && topic === 'bad') return [0, 0];
    if (qos === 1) return [isDropped ? 0 : 1, Infinity];
    if (this.options.onSessionLost === 'republish') return [isDropped ? 0 : 1, writtenIn.size];
    return [sessionLost ? 0 : 1, 1];
  }

  private checkSubscriptions(): void {
    const { broker, session } = this;
    const filters = new Set([...broker.subscriptions.keys(), ...this.durable.keys()]);
    for (const { filter } of this.listeners) filters.add(filter);
    const snapshot = session.filters;
    for (const filter of filters) {
      const granted = broker.subscriptions.get(filter);
      const wanted = this.wantedQoS(filter);
      const shown = snapshot.get(filter);
      if (!shown && this.inherited.has(filter)) continue;
      expect(shown?.state === 'granted' ? shown.granted : undefined, `${filter} shown`).to.equal(granted);
      if (this.eitherWay.has(filter)) continue;
      expect(granted === undefined, `${filter} subscribed`).to.equal(wanted === undefined);
      if (granted === undefined) continue;
      const most = this.grants.get(filter);
      if (most === undefined) expect(granted, filter).to.be.at.least(wanted!);
    }
    for (const { filter, since } of this.listeners) {
      if (!filter.startsWith('$share/')) expect(broker.grantedAt.get(filter), filter).to.be.greaterThan(since);
    }
  }
}

/** Whether the session drops a message, or does all but that: it knows that while the model does not yet. */
function isDropped({ stage, outgoing: { awaited } }: Published): boolean {
  return awaited === 'nothing' || (awaited === 'pubcomp' && stage !== 'pubcomp');
}

/** Something at which the broker hangs up. */
function isBad(packet: Packet): boolean {
  if (packet.type === 'publish') return packet.topic === 'bad';
  return packet.type === 'subscribe' && packet.subscriptions.some(({ filter }) => filter === 'bad/#');
}
