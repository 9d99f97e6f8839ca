import { ProtocolError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { Delivery } from './Delivery.js';
import type { Exchanges } from './Exchanges.js';
import { Inbox } from './Inbox.js';
import type { Moment } from './lifetime.js';
import type { Gate } from './Gate.js';
import { Outbox } from './Outbox.js';
import type { Outgoing, OutgoingOwner } from './Outgoing.js';
import type { ServerLimits } from './ServerLimits.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SessionInput } from './SessionInput.js';
import type { SessionOptions } from './SessionOptions.js';
import { SubscriptionIds } from './SubscriptionIds.js';
import type { SubscriptionState } from './SubscriptionState.js';
import { Subscriptions } from './Subscriptions.js';
import { Trials } from './Trials.js';
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
  private readonly trials: Trials<O, R>;
  private lastId = 0;
  // for the connection
  readonly window: Window;
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
    this.trials = new Trials(options, effects, this.outbox, this.subscriptions, this.window);
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

  /** What stands at the application and at the server, and how much may. */
  get levels(): Readonly<Record<'queued' | 'inFlight' | 'maxInFlight' | 'inHand' | 'receiveMaximum', number>> {
    const { queued, inFlight, inbox, window } = this;
    const { inHand, receiveMaximum } = inbox;
    return { queued, inFlight, maxInFlight: window.messages, inHand, receiveMaximum };
  }

  /** How many SUBSCRIBEs and UNSUBSCRIBEs are unanswered. */
  get requested(): number {
    return this.subscriptions.requested;
  }

  /** Messages that wait and expire. */
  get expiring(): ReadonlySet<O> {
    return this.outbox.queue.expiring;
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
        return this.trials.reminded() ? this.settleTurn() : undefined;
      case 'probed':
        return this.trials.probed() ? this.settleTurn() : undefined;
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
        return this.trials.clearUnwanted();
      case 'end':
        outbox.end(input.error);
        return subscriptions.abandon(input.error);
      case 'listen':
        subscriptions.filters.listen(input.filter, input.qos, input.delivery);
        break;
      case 'leave':
        subscriptions.filters.leave(input.filter, input.qos);
        this.trials.clearUnwanted([input.filter]);
        break;
      case 'subscribe':
        subscriptions.filters.subscribe(input.filters, input.qos, input.token, input.delivery);
        break;
      case 'unsubscribe':
        subscriptions.filters.unsubscribe(input.filters, input.token);
        this.trials.clearUnwanted(input.filters);
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
        this.outbox.acknowledgements.acknowledged(packet);
        return this.goOn();
      case 'pubrec':
        this.outbox.acknowledgements.received(packet);
        return this.goOn();
      case 'pubrel':
        return this.inbox.release(packet.packetId);
      case 'suback':
        for (const filter of this.subscriptions.suback(packet)) this.trials.clear(filter);
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
    return this.subscriptions.unsettled || this.trials.isBusy;
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
    this.trials.clear(outgoing);
  }

  // ─── the connection ───

  private up(sessionPresent: boolean, limits?: ServerLimits): void {
    this.window.open(limits);
    this.inbox.up(sessionPresent);
    this.outbox.up(sessionPresent);
    this.subscriptions.up(sessionPresent);
    this.reconcile();
    this.effects.application.resumed(sessionPresent);
    this.settleTurn();
    this.trials.up(); // last: what is not suspected goes first
  }

  private down(uptime: number, isLoss: boolean, taken: number): void {
    const verdict = this.trials.down(uptime, isLoss);
    this.window.close();
    this.inbox.down();
    this.outbox.down(taken);
    this.subscriptions.down();
    if (verdict) this.trials.judge(verdict);
  }

  private written(unsent: number, taken: number): void {
    this.window.holds(unsent);
    this.outbox.written(taken);
    this.goOn();
  }

  private settleTurn(): void {
    if (!this.window.isUp) return;
    this.reconcile(); // subscriptions first, so that no answer to a publish is missed
    this.outbox.pump();
  }

  /** Something is answered, or the window has opened: what waits may go. */
  private goOn(): void {
    if (this.trials.isDue && this.trials.probed()) this.settleTurn();
    // Without a free identifier a turn would change nothing, and ask for the next.
    if (this.subscriptions.unsettled && this.hasFreeId) this.askForTurn();
    else if (this.window.isUp) this.outbox.pump();
  }

  private askForTurn(): void {
    if (this.window.isUp && (this.subscriptions.unsettled || this.outbox.queue.size > 0)) {
      this.effects.surroundings.turnNeeded();
    }
  }

  private reconcile(): void {
    if (!this.subscriptions.unsettled) return;
    this.subscriptions.reconcile({
      freeId: () => this.freeId(),
      admits: (filter) => this.trials.admits(filter),
      limits: this.window.limits,
    });
    this.trials.clearUnwanted(); // the server may be unable to take one
  }
}
