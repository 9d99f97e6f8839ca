import { type MqttError, ProtocolError, QueueOverflowError, SessionLostError } from '../errors.js';
import type { AcknowledgementPacket, Packet, PublishPacket } from '../packet/Packet.js';
import { Backlog, type Overflow } from './Backlog.js';
import { Exchanges } from './Exchanges.js';
import type { Outgoing } from './Outgoing.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SessionInput } from './SessionInput.js';
import { Subscriptions } from './Subscriptions.js';

const MAX_PACKET_ID = 65_535;
const NO_BYTES = new Uint8Array(0);

/** The limits and policies of a session. */
export interface SessionOptions {
  /** How many exchanges may be unacknowledged at a time, 1 to 65,535. */
  readonly maxInflight: number;
  /** How many messages may wait for a link, and who is turned away when they are more. */
  readonly queue: { readonly size: number; readonly overflow: Overflow };
  /** What becomes of a QoS 2 exchange whose session the broker lost: it fails, or starts over and may arrive twice. */
  readonly onSessionLost: 'error' | 'republish';
}

/**
 * The state of the protocol that outlives a connection: inputs in, effects out. It knows no socket, clock, randomness,
 * RxJS or user code, and so can be tested with tables and models.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Session<O extends Outgoing, R> {
  // for the session
  readonly exchanges = new Exchanges<O>();
  /** Identifiers of the server's QoS 2 messages that were delivered and not yet released. A space of its own. */
  private readonly received = new Set<number>();
  private readonly backlog: Backlog<O>;
  readonly subscriptions: Subscriptions<R>;
  private lastId = 0;
  // for the connection
  private isUp = false;
  private congested = false;

  constructor(
    private readonly options: SessionOptions,
    private readonly effects: SessionEffects<O, R>,
  ) {
    this.backlog = new Backlog(options.queue.size, options.queue.overflow);
    this.subscriptions = new Subscriptions(effects);
  }

  /** How many messages wait to be written. */
  get queued(): number {
    return this.backlog.size;
  }

  /** How many QoS 1 and 2 exchanges are unacknowledged. */
  get inFlight(): number {
    return this.exchanges.size;
  }

  /** Whether nothing waits: no message, no exchange, no SUBSCRIBE or UNSUBSCRIBE. */
  get idle(): boolean {
    return this.backlog.size === 0 && this.exchanges.size === 0 && this.subscriptions.pending === 0;
  }

  /**
   * Advances by one input. Effects are called on the way, in order. The two inputs that come by the hundred thousand,
   * `receive` and `publish`, can be given without a wrapper.
   */
  step(input: SessionInput<O, R>): void {
    switch (input.is) {
      case 'packet':
        return this.receive(input.packet);
      case 'publish':
        return this.publish(input.outgoing);
      case 'withdraw':
        return this.withdraw(input.outgoing);
      case 'turn':
        return this.settleTurn();
      case 'listen':
        this.subscriptions.listen(input.filter, input.qos);
        return this.askForTurn();
      case 'leave':
        this.subscriptions.leave(input.filter, input.qos);
        return this.askForTurn();
      case 'subscribe':
        this.subscriptions.subscribe(input.filters, input.qos, input.token);
        return this.askForTurn();
      case 'unsubscribe':
        this.subscriptions.unsubscribe(input.filters, input.token);
        return this.askForTurn();
      case 'overdue':
        this.subscriptions.repeat(input.packet);
        return this.askForTurn();
      case 'congested':
        this.congested = input.congested;
        return this.askForTurn();
      case 'up':
        return this.up(input.sessionPresent);
      case 'down':
        this.isUp = this.congested = false;
        return this.subscriptions.down();
      case 'abandon':
        return this.abandon(input.error);
    }
  }

  private up(sessionPresent: boolean): void {
    this.isUp = true;
    if (!sessionPresent) this.startOver();
    for (const outgoing of this.exchanges) {
      if (outgoing.awaited === 'pubcomp') {
        this.acknowledge('pubrel', outgoing.packetId);
      } else {
        outgoing.dup = sessionPresent; // [MQTT-3.3.1-1]; to a new session it is a new message
        this.effects.publish(outgoing);
      }
    }
    this.subscriptions.up(sessionPresent);
    this.reconcile();
    this.effects.resumed(sessionPresent);
    this.settleTurn();
  }

  /** The server forgot the session: QoS 1 starts over, QoS 2 cannot be exactly once any more. */
  private startOver(): void {
    this.received.clear();
    for (const outgoing of this.exchanges.takeAll()) {
      if (outgoing.qos === 1 || this.options.onSessionLost === 'republish') this.exchanges.add(outgoing);
      else {
        this.settle(
          outgoing,
          new SessionLostError('the broker lost the session in mid-exchange: the message may or may not have arrived'),
        );
      }
    }
  }

  /** A packet came, other than the first CONNACK and PINGRESP. */
  receive(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        return this.accept(packet);
      case 'puback':
      case 'pubcomp':
        return this.conclude(packet);
      case 'pubrec':
        return this.release(packet);
      case 'pubrel': // answered even if unknown, or the server repeats it for ever [MQTT-4.3.3-2]
        this.received.delete(packet.packetId);
        return this.acknowledge('pubcomp', packet.packetId);
      case 'suback':
        this.subscriptions.suback(packet);
        return this.askForTurn();
      case 'unsuback':
        this.subscriptions.unsuback(packet);
        return this.askForTurn();
      case 'connack':
        return this.effects.violation(
          new ProtocolError('expected one CONNACK on a connection, got a second', 'MQTT-3.2.0-1'),
        );
      case 'pingresp':
        return;
      case 'connect':
      case 'subscribe':
      case 'unsubscribe':
      case 'pingreq':
      case 'disconnect':
        return this.effects.violation(
          new ProtocolError(`expected a packet for a client, got ${packet.type.toUpperCase()}`, 'MQTT-2.2.1'),
        );
    }
  }

  private accept(message: PublishPacket): void {
    // At QoS 2 the message is delivered at first sight of its identifier, and answered every time [MQTT-4.3.3-2].
    const known = message.qos === 2 && this.received.has(message.packetId);
    if (message.qos === 2) this.received.add(message.packetId);
    if (!known) this.effects.deliver(message);
    if (message.qos > 0) this.acknowledge(message.qos === 1 ? 'puback' : 'pubrec', message.packetId);
  }

  private conclude({ type, packetId }: AcknowledgementPacket): void {
    const outgoing = this.exchanges.get(packetId);
    if (!outgoing) return; // a late answer: its exchange is over
    if (outgoing.awaited !== type) return this.unexpected(outgoing, type);
    this.exchanges.delete(outgoing);
    this.settle(outgoing);
    // Subscriptions, which may have waited for the identifier, go out before the backlog.
    if (this.subscriptions.unsettled) this.askForTurn();
    else if (this.backlog.size > 0) this.releaseBacklog();
  }

  private release({ packetId }: AcknowledgementPacket): void {
    const outgoing = this.exchanges.get(packetId);
    if (outgoing?.awaited === 'puback') return this.unexpected(outgoing, 'pubrec');
    if (outgoing?.awaited === 'pubrec') {
      if (this.options.onSessionLost === 'error') outgoing.payload = NO_BYTES; // the server has it [MQTT-4.3.3-1]
      this.exchanges.release(outgoing);
    }
    this.acknowledge('pubrel', packetId); // for an unknown one as well, or the server's exchange is stuck
  }

  private unexpected({ awaited, packetId }: O, came: string): void {
    const expected = awaited.toUpperCase();
    this.effects.violation(
      new ProtocolError(
        `expected ${expected} for packet identifier ${packetId}, got ${came.toUpperCase()}`,
        awaited === 'puback' ? 'MQTT-4.3.2-2' : 'MQTT-4.3.3-1',
      ),
    );
  }

  private acknowledge(type: AcknowledgementPacket['type'], packetId: number): void {
    this.effects.send({ type, packetId });
  }

  /** The application publishes. */
  publish(outgoing: O): void {
    if (this.isOpen && this.backlog.size === 0 && !this.subscriptions.unsettled) return this.transmit(outgoing);
    const dropped = this.backlog.push(outgoing, !this.isOpen);
    if (dropped)
      this.settle(dropped, new QueueOverflowError(`the queue of ${this.options.queue.size} messages is full`));
    this.askForTurn();
  }

  /** Whether another message may be written now. */
  private get isOpen(): boolean {
    const inUse = this.exchanges.size;
    return (
      this.isUp &&
      this.effects.canSend &&
      !this.congested &&
      inUse < this.options.maxInflight &&
      inUse + this.subscriptions.requested < MAX_PACKET_ID
    );
  }

  private withdraw(outgoing: O): void {
    outgoing.isAwaited = false;
    if (outgoing.awaited === 'queue') this.backlog.delete(outgoing);
  }

  private transmit(outgoing: O): void {
    if (outgoing.qos > 0) {
      outgoing.packetId = this.freeId();
      this.exchanges.add(outgoing);
    }
    this.effects.publish(outgoing);
  }

  private askForTurn(): void {
    if (this.isUp && (this.subscriptions.unsettled || this.backlog.size > 0)) this.effects.turnNeeded();
  }

  /** What the turn collected goes out: subscriptions first, so that no answer to a publish is missed. */
  private settleTurn(): void {
    if (!this.isUp) return;
    this.reconcile();
    this.releaseBacklog();
  }

  private reconcile(): void {
    if (this.subscriptions.unsettled) this.subscriptions.reconcile(() => this.freeId());
  }

  private releaseBacklog(): void {
    while (this.isOpen) {
      const outgoing = this.backlog.shift();
      if (!outgoing) return;
      this.transmit(outgoing);
    }
  }

  /** An identifier that no exchange and no request uses [MQTT-2.3.1-2], or 0 when all 65,535 are in use. */
  private freeId(): number {
    for (let tried = 0; tried < MAX_PACKET_ID; tried++) {
      this.lastId = (this.lastId % MAX_PACKET_ID) + 1;
      if (!this.exchanges.has(this.lastId) && !this.subscriptions.has(this.lastId)) return this.lastId;
    }
    return 0;
  }

  private settle(outgoing: O, error?: MqttError): void {
    if (!outgoing.isAwaited) return;
    outgoing.isAwaited = false;
    this.effects.settle(outgoing, error);
  }

  private abandon(error: MqttError): void {
    const given = this.backlog.takeAll();
    for (const outgoing of this.exchanges) this.settle(outgoing, error);
    for (const outgoing of given) this.settle(outgoing, error);
    this.subscriptions.abandon(error);
  }
}
