import { expect } from 'chai';
import { ClientEndedError, type MqttError, type ProtocolError } from '../../lib/errors.js';
import type { Packet, PublishPacket, QoS, SubscribePacket, UnsubscribePacket } from '../../lib/packet/Packet.js';
import type { Grant } from '../../lib/session/Grant.js';
import type { Awaited } from '../../lib/session/Outgoing.js';
import { Sent } from './Sent.js';
import { Session } from '../../lib/session/Session.js';
import type { SessionOptions } from '../../lib/session/SessionOptions.js';
import type { SessionEffects } from '../../lib/session/SessionEffects.js';
import type { SessionInput } from '../../lib/session/SessionInput.js';
import { ModelBroker, numberIn, payloadFor } from './ModelBroker.js';

/** What happens in a run, one thing after the other. Indices are taken modulo what there is. */
export type Step =
  | { readonly is: 'publish'; readonly topic: string; readonly qos: QoS; readonly retain: boolean }
  | { readonly is: 'arrive'; readonly topic: string; readonly qos: QoS; readonly retain: boolean }
  | { readonly is: 'withdraw' | 'leave' | 'overdue'; readonly at: number }
  | { readonly is: 'listen'; readonly filter: string; readonly qos: QoS }
  | { readonly is: 'subscribe' | 'unsubscribe'; readonly filters: readonly string[]; readonly qos: QoS }
  | { readonly is: 'toBroker' | 'toClient'; readonly count: number }
  | { readonly is: 'grant'; readonly filter: string; readonly most: QoS | 0x80 }
  /** The process dies `after` so many effects from now on; what it wrote before that arrives, or not. */
  | { readonly is: 'crash'; readonly after: number; readonly arrives: boolean }
  | { readonly is: 'up'; readonly sessionPresent: boolean; readonly redeliversAsDup: boolean }
  /** `wind`: the identifiers start over, so that they collide. */
  | { readonly is: 'turn' | 'down' | 'congested' | 'free' | 'abandon' | 'wind' };

/** What a run is made with. */
export interface ModelOptions extends SessionOptions {
  /**
   * Whether overdue requests are repeated, and so answered twice. A client cannot tell the second answer from one to
   * something newer; so identifiers do not start over in such a run, and the broker does not change its mind.
   */
  readonly repeats: boolean;
  /** The highest QoS that the broker grants for a filter, or that it refuses it; 2 for all others. */
  readonly grants: Readonly<Record<string, QoS | 0x80>>;
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
  outgoing: Sent<Published>;
  outcome: 'open' | 'left' | 'taken back' | 'ok' | MqttError['code'];
  /** Where it stands: as `Outgoing.awaited`, but found out by watching. */
  stage: 'queue' | 'puback' | 'pubrec' | 'pubcomp' | 'over';
  /** The sessions, as the client counts them, in which it was written. */
  readonly writtenIn: Set<number>;
  sessionLost: boolean;
  /** Whether the process died since it was published: whether it was written, its successor cannot know. */
  survived: boolean;
}

/** A `subscribe` or `unsubscribe`, and what its answer may be. */
interface Asked {
  readonly is: 'subscribe' | 'unsubscribe';
  readonly filters: readonly string[];
  answered: boolean;
  superseded: boolean;
}

/**
 * A session and a model broker with a channel each way between them, which loses what is on it when it is cut. Watches
 * every effect, and throws at the first thing that must not be.
 */
export class ModelRun implements SessionEffects<Sent<Published>, Asked> {
  readonly canSend = true;
  readonly broker: ModelBroker;
  private session: Session<Sent<Published>, Asked>;
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
  private readonly unsent = new Map<string, number>();
  private readonly grants: Map<string, QoS | 0x80>;
  private readonly delivered: number[] = [];
  /** The store: what outlives the process. */
  private readonly kept = new Map<Published, Kept>();
  private readonly keptReceived = new Set<number>();
  private steps = 0;
  /** How many effects are left until the process dies. */
  private fuse = Infinity;
  private arrives = false;
  /** The QoS 2 message that was delivered, and its identifier not kept yet: if the process dies now, it comes again. */
  private unkept: number | undefined;
  private readonly redelivered = new Map<number, number>();
  private now = 0;
  private era = 0;
  private isUp = false;
  private congested = false;
  private turnDue = false;
  private expectedNext: string[] | undefined;
  /** What the specs cannot know from outside. */
  private inside: { lastId: number; readonly received: Iterable<number> };

  constructor(
    private readonly options: ModelOptions,
    private readonly maxDrain = 200,
  ) {
    this.session = new Session(options, this);
    this.inside = this.session as unknown as typeof this.inside;
    this.grants = new Map(Object.entries(options.grants));
    this.broker = new ModelBroker(
      (packet) => {
        if (this.isUp) this.toClient.push(packet);
      },
      () => this.now,
    );
    this.broker.grant = (filter) => this.grants.get(filter) ?? 2;
  }

  /** Plays a step, as far as it makes sense at present, and looks at what is always true. */
  play(step: Step): void {
    this.now++;
    try {
      this.perform(step);
    } catch (error) {
      if (error !== CRASH) throw error;
      this.crash();
    }
    this.check();
  }

  /** Reconnects, lets everything come to rest, and looks at what must be true then. */
  finish(sessionPresent: boolean): void {
    this.fuse = Infinity;
    this.play({ is: 'down' });
    this.play({ is: 'up', sessionPresent, redeliversAsDup: true });
    for (let i = 0; this.toBroker.length + this.toClient.length > 0 || this.turnDue; i++) {
      expect(i, 'rounds until all is at rest').to.be.lessThan(this.maxDrain);
      this.play({ is: 'turn' });
      this.play({ is: 'toBroker', count: Infinity });
      this.play({ is: 'toClient', count: Infinity });
    }
    this.checkRest();
    this.checkOutgoing();
    this.checkIncoming();
    this.checkSubscriptions();
  }

  // ─── steps ───

  private perform(step: Step): void {
    switch (step.is) {
      case 'publish':
        return this.startPublish(step);
      case 'withdraw':
        return this.startWithdraw(step.at);
      case 'arrive':
        return this.broker.publish(step.topic, step.qos, step.retain);
      case 'listen':
        this.listeners.push({ filter: step.filter, qos: step.qos, since: this.now });
        if (!step.filter.startsWith('$share/')) this.unsent.set(step.filter, this.published.length);
        return this.step({ ...step, is: 'listen' });
      case 'leave': {
        const [listener] = this.listeners.splice(step.at % this.listeners.length, 1);
        if (!listener) return;
        this.step({ is: 'leave', filter: listener.filter, qos: listener.qos });
        return this.forgetUnwanted(listener.filter);
      }
      case 'subscribe':
      case 'unsubscribe':
        return this.ask(step);
      case 'overdue': {
        const packet = this.requests[step.at % this.requests.length];
        if (packet && this.options.repeats) this.step({ is: 'overdue', packet });
        return;
      }
      case 'toBroker':
        for (let i = 0; i < step.count && this.toBroker.length > 0; i++) this.broker.receive(this.toBroker.shift()!);
        return;
      case 'toClient':
        for (let i = 0; i < step.count && this.toClient.length > 0; i++) this.receive(this.toClient.shift()!);
        return;
      case 'grant':
        if (!this.options.repeats) this.grants.set(step.filter, step.most);
        return;
      case 'turn':
        if (!this.turnDue) return;
        this.turnDue = false;
        return this.step({ is: 'turn' });
      case 'crash':
        this.fuse = step.after;
        this.arrives = step.arrives;
        return;
      case 'up':
        return this.connect(step.sessionPresent, step.redeliversAsDup);
      case 'down':
        return this.disconnect();
      case 'congested':
      case 'free':
        if (!this.isUp) return;
        this.congested = step.is === 'congested';
        return this.step({ is: 'congested', congested: this.congested });
      case 'abandon':
        return this.abandon();
      case 'wind':
        if (!this.options.repeats && this.exchanges[0]) this.inside.lastId = this.exchanges[0].outgoing.packetId - 1;
        return;
    }
  }

  private startPublish({ topic, qos, retain }: Extract<Step, { is: 'publish' }>): void {
    const number = this.published.length;
    const published: Published = {
      number,
      qos,
      outgoing: undefined as never,
      outcome: 'open',
      stage: 'queue',
      writtenIn: new Set(),
      sessionLost: false,
      survived: false,
    };
    Object.assign(published, { outgoing: new Sent(topic, payloadFor(number), qos, retain, published) });
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
    this.step({ is: 'withdraw', outgoing: published.outgoing });
  }

  private ask({ is, filters, qos }: Extract<Step, { is: 'subscribe' | 'unsubscribe' }>): void {
    const token: Asked = { is, filters, answered: false, superseded: false };
    for (const filter of filters) {
      this.eitherWay.delete(filter);
      if (is === 'subscribe') {
        this.durable.set(filter, qos);
        this.unsent.set(filter, this.published.length);
      } else {
        this.durable.delete(filter);
        for (const other of this.asked) other.superseded ||= other.filters.includes(filter);
      }
    }
    this.asked.push(token);
    this.step({ is, filters, qos, token });
    filters.forEach((filter) => this.forgetUnwanted(filter));
  }

  private abandon(): void {
    this.listeners = [];
    for (const call of this.asked) {
      if (call.answered || call.is === 'unsubscribe') continue;
      for (const filter of call.filters) if (this.durable.has(filter)) this.eitherWay.add(filter);
    }
    this.step({ is: 'abandon', error: new ClientEndedError('over'), isEnd: false });
    this.unsent.clear();
    expect(this.published.every(({ outcome }) => outcome !== 'open')).to.equal(true);
    expect(this.asked.every(({ answered }) => answered)).to.equal(true);
  }

  /** The process dies, and another one goes on with what was kept. */
  private crash(): void {
    this.fuse = Infinity;
    if (this.arrives) this.toBroker.splice(0).forEach((packet) => this.broker.receive(packet));
    this.isUp = this.broker.isUp = this.congested = this.turnDue = false;
    this.toBroker.length = this.toClient.length = this.requests.length = 0;
    this.expectedNext = undefined;
    const { unkept, redelivered } = this;
    this.unkept = undefined;
    if (unkept !== undefined) redelivered.set(unkept, (redelivered.get(unkept) ?? 0) + 1);
    // The application is another one: it has asked for nothing yet. What the broker was told may or may not be.
    for (const { filter } of this.listeners) this.eitherWay.add(filter);
    for (const filter of [...this.durable.keys(), ...this.broker.subscriptions.keys()]) this.eitherWay.add(filter);
    for (const filter of this.broker.subscriptions.keys()) this.inherited.add(filter);
    for (const { filters } of this.asked) filters.forEach((filter) => this.eitherWay.add(filter));
    this.listeners = [];
    this.durable.clear();
    this.unsent.clear();
    for (const call of this.asked) call.answered = true;

    const left = [...this.kept.values()].sort((a, b) => a.published.number - b.published.number);
    for (const published of this.published) {
      if (published.stage !== 'over' && !this.kept.has(published)) published.stage = 'over';
      if (published.outcome === 'open') published.outcome = 'left';
    }
    for (const { published, packetId, awaited } of left) {
      const { topic, payload, qos, retain } = published.outgoing;
      const whole = payload.length > 0 ? payload : payloadFor(published.number);
      const outgoing = new Sent(topic, whole, qos, retain, published);
      Object.assign(outgoing, { packetId, isAwaited: false, isWritten: packetId > 0 });
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

    this.session = new Session(this.options, this);
    this.inside = this.session as unknown as typeof this.inside;
    const outgoing = (all: readonly Published[]) => all.map((published) => published.outgoing);
    this.step({
      is: 'restore',
      left: {
        inFlight: outgoing(this.exchanges),
        released: outgoing(this.released),
        queued: outgoing(this.queue),
        received: [...this.keptReceived],
      },
    });
  }

  private connect(sessionPresent: boolean, redeliversAsDup: boolean): void {
    if (this.isUp) return;
    this.isUp = true;
    this.congested = false;
    if (!sessionPresent) this.startOver();
    this.expectedNext = [
      ...this.released.map(({ outgoing }) => `pubrel ${outgoing.packetId}`),
      ...this.exchanges.filter(({ stage }) => stage !== 'pubcomp').map(({ number }) => `publish ${number}`),
    ];
    this.broker.redeliversAsDup = redeliversAsDup;
    this.broker.connect(sessionPresent);
    // A process that dies when it has heard that the session is lost, and not kept that, leaves its successor a broker
    // with a session, but another one, which nothing tells: no client can keep its promises then.
    const { fuse } = this;
    if (!sessionPresent) this.fuse = Infinity;
    this.step({ is: 'up', sessionPresent });
    if (!sessionPresent) this.fuse = fuse;
    expect(this.expectedNext, 'resumed').to.equal(undefined);
  }

  private startOver(): void {
    this.era++;
    const { onSessionLost } = this.options;
    for (const exchange of this.exchanges) {
      exchange.sessionLost = true;
      if (exchange.qos === 2) exchange.stage = onSessionLost === 'error' ? 'over' : 'pubrec';
    }
    this.idsInUse.clear();
    this.released = [];
    this.exchanges = this.exchanges.filter(({ stage }) => stage !== 'over');
  }

  private disconnect(): void {
    if (!this.isUp) return;
    this.isUp = this.broker.isUp = this.congested = this.turnDue = false;
    this.toBroker.length = this.toClient.length = 0;
    for (const { packetId } of this.requests) this.idsInUse.delete(packetId);
    this.requests = [];
    this.step({ is: 'down' });
  }

  private receive(packet: Packet): void {
    switch (packet.type) {
      case 'puback':
      case 'pubcomp':
        this.conclude(packet.packetId, packet.type);
        break;
      case 'pubrec': {
        const exchange = this.exchanges.find(({ outgoing }) => outgoing.packetId === packet.packetId)!;
        if (exchange.stage === 'pubrec') this.released.push(exchange);
        exchange.stage = 'pubcomp';
        break;
      }
      case 'suback':
      case 'unsuback':
        if (this.requests.some(({ packetId }) => packetId === packet.packetId)) this.idsInUse.delete(packet.packetId);
        this.requests = this.requests.filter(({ packetId }) => packetId !== packet.packetId);
        break;
      default:
    }
    this.session.receive(packet);
  }

  private conclude(packetId: number, type: 'puback' | 'pubcomp'): void {
    const exchange = this.exchanges.find(({ outgoing }) => outgoing.packetId === packetId)!;
    expect(exchange.stage).to.equal(type);
    exchange.stage = 'over';
    this.idsInUse.delete(packetId);
    this.exchanges = this.exchanges.filter((other) => other !== exchange);
    this.released = this.released.filter((other) => other !== exchange);
  }

  private step(input: SessionInput<Sent<Published>, Asked>): void {
    this.session.step(input);
  }

  private forgetUnwanted(filter: string): void {
    const isDurable = this.durable.has(filter) && !this.eitherWay.has(filter);
    if (!isDurable && !this.listeners.some((listener) => listener.filter === filter)) this.unsent.delete(filter);
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

  keep(outgoing: Sent<Published>): void {
    this.burn();
    const { packetId, awaited, token: published, qos } = outgoing;
    expect(qos, 'kept').to.be.greaterThan(0);
    this.kept.set(published, { published, packetId, awaited, order: ++this.steps });
  }

  forget({ token: published }: Sent<Published>): void {
    this.burn();
    this.kept.delete(published);
  }

  keepReceived(packetId: number): void {
    this.burn();
    this.keptReceived.add(packetId);
    this.unkept = undefined;
  }

  forgetReceived(packetId: number): void {
    this.burn();
    this.keptReceived.delete(packetId);
  }

  dropped({ token: published }: Sent<Published>, reason: string): void {
    this.burn();
    if (reason === 'overflow') {
      const { size, overflow } = this.options.queue;
      const victim = overflow === 'drop-oldest' && size > 0 ? this.queue[0] : this.queue.at(-1);
      expect(published, 'turned away').to.equal(victim);
      if (published.outcome === 'left') published.outcome = 'QUEUE_OVERFLOW';
      published.stage = 'over';
    }
    this.queue = this.queue.filter((other) => other !== published);
  }

  send(packet: Packet): void {
    this.burn();
    expect(this.isUp, 'written offline').to.equal(true);
    if (packet.type === 'pubrel') this.meet(`pubrel ${packet.packetId}`);
    if (packet.type === 'subscribe' || packet.type === 'unsubscribe') {
      if (!this.requests.includes(packet)) this.use(packet.packetId, packet);
      if (!this.requests.includes(packet)) this.requests.push(packet);
      if (packet.type === 'subscribe') for (const { filter } of packet.subscriptions) this.unsent.delete(filter);
      expect(this.expectedNext ?? [], 'repeated before').to.deep.equal([]);
    }
    this.toBroker.push(packet);
  }

  publish(outgoing: Sent<Published>): void {
    this.burn();
    if (outgoing.qos > 0) {
      const { awaited, packetId } = this.kept.get(outgoing.token)!;
      expect([awaited, packetId], 'kept before').to.deep.equal([outgoing.awaited, outgoing.packetId]);
    }
    outgoing.isWritten = true;
    expect(this.isUp, 'written offline').to.equal(true);
    const { type, topic, payload, qos, retain, dup, packetId } = outgoing;
    const published = this.published[numberIn(payload)]!;
    const isFirst = published.writtenIn.size === 0;
    if (!published.survived) expect(dup, 'DUP').to.equal(published.writtenIn.has(this.era) && qos > 0);
    else if (published.writtenIn.has(this.era) && qos > 0) expect(dup, 'DUP').to.equal(true);
    published.writtenIn.add(this.era);
    if (isFirst && published.stage === 'queue') this.begin(published);
    else this.meet(`publish ${published.number}`);
    if (qos > 0) this.use(packetId, published);
    else expect(packetId).to.equal(0);
    this.toBroker.push({ type, topic, payload, qos, retain, dup, packetId });
    if (qos === 0 && outgoing.isAwaited) this.settle(outgoing); // written: as the surroundings do
    if (qos === 0) outgoing.isAwaited = false;
  }

  deliver(message: PublishPacket): void {
    this.burn();
    this.unkept = message.qos === 2 ? numberIn(message.payload) : undefined;
    this.delivered.push(numberIn(message.payload));
  }

  settle(outgoing: Sent<Published>, error?: MqttError): void {
    this.burn();
    const { token: published } = outgoing;
    expect(outgoing).to.equal(published.outgoing);
    expect(published.outcome, 'settled').to.equal('open');
    published.outcome = error?.code ?? 'ok';
    if (error?.code === 'SESSION_LOST') expect(published.sessionLost && published.qos === 2).to.equal(true);
    if (!error) expect(published.stage).to.equal('over');
    if (published.stage === 'queue') published.stage = 'over';
    this.queue = this.queue.filter((other) => other !== published);
  }

  answered(call: Asked, grants: readonly Grant[], error?: MqttError): void {
    expect(call.answered, 'answered').to.equal(false);
    call.answered = true;
    const granted = grants.map(({ filter }) => filter);
    expect(call.filters).to.include.members(granted);
    if (call.is === 'subscribe' && !error && !call.superseded) expect(granted).to.have.members([...new Set(call.filters)]); // prettier-ignore
    if (call.is === 'unsubscribe' && error) expect(error.code).to.equal('CLIENT_ENDED');
  }

  subscribed(filter: string, requested: QoS, granted: QoS): void {
    expect(granted, filter).to.be.at.most(requested);
  }

  refused(filter: string): void {
    this.listeners = this.listeners.filter((listener) => listener.filter !== filter);
    this.durable.delete(filter);
    this.unsent.delete(filter);
  }

  unsubscribed(): void {
    // Nothing to look at: whether it is gone is seen at the end.
  }

  resumed(): void {
    expect(this.expectedNext, 'repeated').to.deep.equal([]);
    this.expectedNext = undefined;
  }

  turnNeeded(): void {
    expect(this.isUp, 'turn').to.equal(true);
    this.turnDue = true;
  }

  violation(error: ProtocolError): void {
    throw error;
  }

  /** The first PUBLISH of a message: it is its turn, and it may. */
  private begin(published: Published): void {
    expect(published, 'order').to.equal(this.queue.shift());
    expect(this.congested, 'congested').to.equal(false);
    expect(this.expectedNext, 'before everything is repeated').to.equal(undefined);
    for (const [filter, since] of this.unsent) expect(published.number, filter).to.be.lessThan(since);
    published.stage = published.qos === 0 ? 'over' : published.qos === 1 ? 'puback' : 'pubrec';
    if (published.qos > 0) this.exchanges.push(published);
    expect(this.exchanges.length, 'in flight').to.be.at.most(this.options.maxInflight);
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
    expect([session.inFlight, session.queued], 'in flight, queued').to.deep.equal([
      this.exchanges.length,
      this.queue.length,
    ]);
    const isOpen = this.isUp && !this.congested && this.exchanges.length < this.options.maxInflight;
    if (isOpen && this.queue.length > 0) expect(this.turnDue, 'turn is due').to.equal(true);
    if (this.isUp && session.subscriptions.unsettled) expect(this.turnDue, 'turn is due').to.equal(true);
  }

  private checkRest(): void {
    const { session, broker } = this;
    expect([session.inFlight, session.queued, session.idle], 'at rest').to.deep.equal([0, 0, true]);
    expect([[...this.inside.received].length, broker.received.size, broker.unfinished.size]).to.deep.equal([0, 0, 0]);
    expect(this.published.filter(({ outcome }) => outcome === 'open')).to.deep.equal([]);
    expect(this.asked.filter(({ answered }) => !answered)).to.deep.equal([]);
  }

  private checkOutgoing(): void {
    const { taken } = this.broker;
    const first = [...new Set(taken.map(({ number }) => number))];
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
  private bounds({ qos, outcome, sessionLost, writtenIn }: Published): [number, number] {
    if (outcome === 'taken back' || outcome === 'QUEUE_OVERFLOW' || writtenIn.size === 0) return [0, 0];
    if (qos === 0) return [0, 1];
    if (qos === 1) return [1, Infinity];
    if (this.options.onSessionLost === 'republish') return [1, writtenIn.size];
    return [sessionLost ? 0 : 1, 1];
  }

  private checkIncoming(): void {
    const { forwards } = this.broker;
    const first = [...new Set(this.delivered)];
    expect(first, 'order').to.deep.equal([...first].sort((a, b) => a - b));
    for (const { serial, qos, lost } of forwards) {
      const count = this.delivered.filter((number) => number === serial).length;
      const least = qos === 0 || lost ? 0 : 1;
      expect(count, `forward ${serial}@${qos}`).to.be.within(
        least,
        qos === 1 ? Infinity : 1 + (this.redelivered.get(serial) ?? 0),
      );
    }
  }

  private checkSubscriptions(): void {
    const { broker, session } = this;
    const filters = new Set([...broker.subscriptions.keys(), ...this.durable.keys()]);
    for (const { filter } of this.listeners) filters.add(filter);
    const snapshot = session.subscriptions.snapshot();
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
