import { ProtocolError, PublishRefusedError, SubscriptionRefusedError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { Delivery } from './Delivery.js';
import type { Exchanges } from './Exchanges.js';
import { Inbox } from './Inbox.js';
import type { Moment } from './lifetime.js';
import { type Gate, Outbox } from './Outbox.js';
import { Outgoing, type OutgoingOwner } from './Outgoing.js';
import type { ServerLimits } from './ServerLimits.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SessionInput } from './SessionInput.js';
import type { SessionOptions } from './SessionOptions.js';
import { SubscriptionIds } from './SubscriptionIds.js';
import type { SubscriptionState } from './SubscriptionState.js';
import { Subscriptions } from './Subscriptions.js';
import { Suspects, type Verdict } from './Suspects.js';
import { Window } from './Window.js';

const MAX_PACKET_ID = 65_535;

/**
 * The state of the protocol that outlives a connection: inputs in, effects out. It knows no socket, clock, randomness,
 * RxJS or user code, and so can be tested with tables and models.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Session<O extends Outgoing, R> implements Gate<O> {
  // for the session
  private readonly inbox: Inbox;
  private readonly outbox: Outbox<O>;
  private readonly subscriptions: Subscriptions<R>;
  readonly identifiers: SubscriptionIds;
  /** Requests that may make the server hang up: messages, and topic filters. */
  private readonly suspects: Suspects<O | string>;
  private lastId = 0;
  // for the connection
  readonly window: Window;
  private isUp = false;
  /** A suspected message is sent as soon as the window has room. */
  private isTrialDue = false;
  /** When the input came that is worked on. It is kept up to date only while messages may expire. */
  now: Moment = { monotonic: 0, wall: 0 };

  constructor(
    options: SessionOptions,
    private readonly effects: SessionEffects<O, R>,
  ) {
    this.window = new Window(options.maxInflight);
    this.inbox = new Inbox(options.receiveMaximum, effects, this.window);
    this.outbox = new Outbox(options, effects, this);
    this.identifiers = new SubscriptionIds(options.foreignFrom);
    this.subscriptions = new Subscriptions(effects, this.identifiers, options.subscribeBatch);
    this.suspects = new Suspects(options.stableAfter, options.giveUpAfter, effects.surroundings);
  }

  /** All exchanges that are not over. */
  get exchanges(): Exchanges<O> {
    return this.outbox.exchanges;
  }

  /** How many messages wait to be written. */
  get queued(): number {
    return this.outbox.queue.size;
  }

  /** How many QoS 1 and 2 exchanges are unacknowledged. */
  get inFlight(): number {
    return this.outbox.exchanges.size;
  }

  /** How many SUBSCRIBEs and UNSUBSCRIBEs are unanswered. */
  get requested(): number {
    return this.subscriptions.requested;
  }

  /** Messages that wait and expire. */
  get expiring(): ReadonlySet<O> {
    return this.outbox.expiring;
  }

  /** Whether nothing waits: no message, no exchange, no SUBSCRIBE or UNSUBSCRIBE. */
  get isIdle(): boolean {
    return this.outbox.isIdle && !this.subscriptions.isPending;
  }

  /** Whether what the server sends is read: otherwise the application has as much in hand as it may have. */
  get isReading(): boolean {
    return this.inbox.isReading;
  }

  /** How the filters stand that are wanted or were refused. */
  get filters(): ReadonlyMap<string, SubscriptionState> {
    return this.subscriptions.filters.snapshot();
  }

  /** How a filter is wanted; `undefined` if nobody wants it: then the next one may choose. */
  deliveryOf(filter: string): Delivery | undefined {
    return this.subscriptions.filters.deliveryOf(filter);
  }

  /** Advances by one input, as `receive` and `publish` do. Effects are called on the way, in order. */
  step(input: SessionInput<O, R>): void {
    const { outbox, subscriptions } = this;
    switch (input.type) {
      case 'turn':
        return this.settleTurn();
      case 'written':
        return this.written(input.unsent, input.taken);
      case 'decided':
        return this.inbox.decided(input.message);
      case 'withdraw':
        return outbox.withdraw(input.outgoing);
      case 'up':
        return this.up(input.sessionPresent, input.limits);
      case 'down':
        return this.down(input.uptime, input.isLoss, input.taken);
      case 'reminded':
        this.suspects.reminded();
        return this.changed();
      case 'probed':
        return this.probed();
      case 'restore':
        this.inbox.restore(input.inherited.packetIds);
        return outbox.restore(input.inherited);
      case 'unkept':
        return outbox.unkept(input.outgoing, input.error);
      case 'expire':
        return outbox.expire();
      case 'give-up':
        outbox.giveUp(input.error, input.isKept);
        subscriptions.abandon(input.error);
        return this.clearUnwanted(this.suspects.all);
      case 'end':
        outbox.end(input.error);
        return subscriptions.abandon(input.error);
      case 'listen':
        subscriptions.listen(input.filter, input.qos, input.delivery);
        break;
      case 'leave':
        subscriptions.leave(input.filter, input.qos);
        this.clearUnwanted([input.filter]);
        break;
      case 'subscribe':
        subscriptions.subscribe(input.filters, input.qos, input.token, input.delivery);
        break;
      case 'unsubscribe':
        subscriptions.unsubscribe(input.filters, input.token);
        this.clearUnwanted(input.filters);
        break;
    }
    this.askForTurn();
  }

  /** A packet came, other than the first CONNACK and PINGRESP. */
  receive(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        return this.inbox.receive(packet);
      case 'puback':
      case 'pubcomp':
        this.outbox.acknowledged(packet);
        return this.goOn();
      case 'pubrec':
        this.outbox.received(packet);
        return this.goOn();
      case 'pubrel':
        return this.inbox.release(packet.packetId);
      case 'suback':
        for (const filter of this.subscriptions.suback(packet)) this.clear(filter);
        return this.askForTurn();
      case 'unsuback':
        this.subscriptions.unsuback(packet);
        return this.askForTurn();
      case 'connack':
        return this.effects.surroundings.fail(
          new ProtocolError('expected one CONNACK on a connection, got a second', 'MQTT-3.2.0-1'),
        );
      case 'pingresp':
        return;
      case 'connect':
      case 'subscribe':
      case 'unsubscribe':
      case 'pingreq':
      case 'disconnect':
      case 'auth':
        return this.effects.surroundings.fail(
          new ProtocolError(`expected a packet for a client, got ${packet.type.toUpperCase()}`, 'MQTT section 2.2.1'),
        );
    }
  }

  /** The application publishes. */
  publish(outgoing: O): void {
    if (this.outbox.publish(outgoing)) this.askForTurn();
  }

  /** A publish waits for an exchange whose caller was told an error: the message is not published twice. */
  adopt(outgoing: O, token: NonNullable<O['token']>, owner: OutgoingOwner<O['token']>): void {
    outgoing.token = token;
    outgoing.owner = owner;
    outgoing.outcome = undefined;
  }

  // ─── for the outbox ───

  get isBusy(): boolean {
    if (this.subscriptions.unsettled || this.suspects.isExclusive) return true;
    // Later messages wait behind suspected ones, for a bad network must not change their order [MQTT-4.6.0-1].
    return this.exchanges.areApart && !this.suspects.isSure;
  }

  get hasFreeId(): boolean {
    return this.outbox.exchanges.size + this.subscriptions.requested < MAX_PACKET_ID;
  }

  /** An identifier that no exchange and no request uses [MQTT-2.3.1-2], or 0 when all 65,535 are in use. */
  freeId(): number {
    for (let tried = 0; tried < MAX_PACKET_ID; tried++) {
      this.lastId = (this.lastId % MAX_PACKET_ID) + 1;
      if (!this.outbox.exchanges.has(this.lastId) && !this.subscriptions.has(this.lastId)) return this.lastId;
    }
    return 0;
  }

  cleared(outgoing: O): void {
    this.clear(outgoing);
  }

  // ─── the connection ───

  private up(sessionPresent: boolean, limits?: ServerLimits): void {
    this.isUp = true;
    this.window.open(limits);
    this.inbox.up(sessionPresent);
    this.outbox.up(sessionPresent);
    this.subscriptions.up(sessionPresent);
    this.reconcile();
    this.effects.application.resumed(sessionPresent);
    this.settleTurn();
    this.suspects.up(); // last: what is not suspected goes first
  }

  private down(uptime: number, isLoss: boolean, taken: number): void {
    const verdict = this.suspects.down(uptime, isLoss, () => this.unanswered());
    this.isUp = this.isTrialDue = false;
    this.window.close();
    this.inbox.down();
    this.outbox.down(taken);
    this.subscriptions.down();
    if (verdict) this.judge(verdict);
  }

  private written(unsent: number, taken: number): void {
    this.window.holds(unsent);
    this.outbox.written(taken);
    this.goOn();
  }

  private settleTurn(): void {
    if (!this.isUp) return;
    this.reconcile(); // subscriptions first, so that no answer to a publish is missed
    this.outbox.pump();
  }

  /** Something is answered, or the window has opened: what waits may go. */
  private goOn(): void {
    if (this.isTrialDue) this.probed();
    // Without a free identifier a turn would change nothing, and ask for the next.
    if (this.subscriptions.unsettled && this.hasFreeId) this.askForTurn();
    else if (this.isUp) this.outbox.pump();
  }

  private askForTurn(): void {
    if (this.isUp && (this.subscriptions.unsettled || this.outbox.queue.size > 0)) {
      this.effects.surroundings.turnNeeded();
    }
  }

  private reconcile(): void {
    if (!this.subscriptions.unsettled) return;
    this.subscriptions.reconcile({
      freeId: () => this.freeId(),
      admits: (filter) => this.suspects.admits(filter),
      limits: this.window.limits,
    });
    this.clearUnwanted(this.suspects.all); // the server may be unable to take one
  }

  // ─── what makes the server hang up ───

  private unanswered(): ReadonlySet<O | string> {
    const sent = [...this.outbox.exchanges.published.passed()].filter(({ isWritten }) => isWritten);
    return new Set<O | string>([...sent, ...this.subscriptions.unanswered()]);
  }

  private probed(): void {
    const [next] = this.suspects.all;
    this.isTrialDue = next instanceof Outgoing && !this.window.admits(this.exchanges.inFlight);
    if (this.isTrialDue) return;
    const suspect = this.suspects.probed();
    if (suspect instanceof Outgoing) this.outbox.try(suspect);
    this.changed();
  }

  /** Something may be sent that had to wait. */
  private changed(): void {
    if (!this.isUp) return;
    this.subscriptions.filters.admitAgain();
    this.settleTurn();
  }

  private clear(request: O | string): void {
    if (!this.suspects.clear(request)) return;
    if (this.isUp) this.effects.surroundings.turnNeeded();
    if (!this.suspects.isExclusive) this.subscriptions.filters.admitAgain();
  }

  /** Filters that nobody wants any more are not suspected. */
  private clearUnwanted(requests: readonly (O | string)[]): void {
    for (const one of requests) {
      if (typeof one === 'string' && this.suspects.has(one) && !this.subscriptions.filters.wants(one)) this.clear(one);
    }
  }

  private judge(verdict: Verdict<O | string>): void {
    const { exchanges } = this.outbox;
    switch (verdict.type) {
      case 'cleared':
        return exchanges.rejoin();
      case 'suspected': {
        const { suspects } = verdict;
        const filters = suspects.filter((one) => typeof one === 'string');
        const messages = suspects.filter((one) => typeof one !== 'string');
        for (const outgoing of messages) exchanges.setApart(outgoing);
        return this.effects.events.next({ type: 'suspected', filters, topics: messages.map(({ topic }) => topic) });
      }
      case 'given-up': {
        const { suspect, trials } = verdict;
        const how = `it hung up ${trials} times when this was sent, while connections without it lived on`;
        if (typeof suspect === 'string') {
          const why = `${how}; some brokers do so when a policy forbids the filter`;
          this.effects.events.next({ type: 'given-up', filter: suspect, trials });
          this.subscriptions.giveUp(suspect, new SubscriptionRefusedError(suspect, why));
        } else {
          this.effects.events.next({ type: 'given-up', topic: suspect.topic, trials });
          this.outbox.refuse(suspect, new PublishRefusedError(suspect.topic, `${how}; ${likelyReason(suspect)}`));
        }
      }
    }
  }
}

/** Why a server may hang up on a message. */
function likelyReason({ qos, retain, payload }: Outgoing): string {
  const kinds = `${qos === 2 ? 'QoS 2, ' : ''}${retain ? 'retained messages, ' : ''}`;
  return `some brokers do so on ${kinds}a topic that a policy forbids, or a message above their limit: this has ${payload.length} bytes`;
}
