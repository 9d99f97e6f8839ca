import { ProtocolError } from '../errors.js';
import type { AcknowledgementPacket, Packet, PublishPacket } from '../packet/Packet.js';
import type { Exchanges } from './Exchanges.js';
import { Outbox, type OutboxHost } from './Outbox.js';
import { PacketIds } from './PacketIds.js';
import type { Outgoing } from './Outgoing.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SessionInput } from './SessionInput.js';
import type { SessionOptions } from './SessionOptions.js';
import { Subscriptions } from './Subscriptions.js';

const MAX_PACKET_ID = 65_535;

/**
 * The state of the protocol that outlives a connection: inputs in, effects out. It knows no socket, clock, randomness,
 * RxJS or user code, and so can be tested with tables and models.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Session<O extends Outgoing, R> implements OutboxHost {
  // for the session
  /** Identifiers of the server's QoS 2 messages that were delivered and not yet released. A space of its own. */
  private readonly received = new PacketIds();
  private readonly outbox: Outbox<O>;
  readonly subscriptions: Subscriptions<R>;
  private lastId = 0;
  // for the connection
  private isUp = false;
  private congested = false;

  constructor(
    options: SessionOptions,
    private readonly effects: SessionEffects<O, R>,
  ) {
    this.outbox = new Outbox(options, effects, this);
    this.subscriptions = new Subscriptions(effects);
  }

  /** What is unacknowledged, in the order in which it would be repeated. */
  get exchanges(): Exchanges<O> {
    return this.outbox.exchanges;
  }

  /** How many messages wait to be written. */
  get queued(): number {
    return this.outbox.backlog.size;
  }

  /** How many QoS 1 and 2 exchanges are unacknowledged. */
  get inFlight(): number {
    return this.outbox.exchanges.size;
  }

  /** Whether nothing waits: no message, no exchange, no SUBSCRIBE or UNSUBSCRIBE. */
  get idle(): boolean {
    return this.outbox.backlog.size === 0 && this.outbox.exchanges.size === 0 && this.subscriptions.pending === 0;
  }

  /** Advances by one input, as `receive` and `publish` do. Effects are called on the way, in order. */
  step(input: SessionInput<O, R>): void {
    switch (input.is) {
      case 'withdraw':
        return this.outbox.withdraw(input.outgoing);
      case 'turn':
        return this.settleTurn();
      case 'listen':
        this.subscriptions.listen(input.filter, input.qos);
        break;
      case 'leave':
        this.subscriptions.leave(input.filter, input.qos);
        break;
      case 'subscribe':
        this.subscriptions.subscribe(input.filters, input.qos, input.token);
        break;
      case 'unsubscribe':
        this.subscriptions.unsubscribe(input.filters, input.token);
        break;
      case 'overdue':
        this.subscriptions.repeat(input.packet);
        break;
      case 'congested':
        this.congested = input.congested;
        break;
      case 'up':
        return this.up(input.sessionPresent);
      case 'down':
        this.isUp = this.congested = false;
        return this.subscriptions.down();
      case 'restore':
        for (const packetId of input.left.received) this.received.add(packetId);
        return this.outbox.restore(input.left);
      case 'unkept':
        return this.outbox.unkept(input.outgoing, input.error);
      case 'expire':
        return this.outbox.expire(input.outgoing, input.error);
      case 'abandon':
        this.outbox.abandon(input.error, input.isEnd);
        return this.subscriptions.abandon(input.error);
    }
    this.askForTurn();
  }

  private up(sessionPresent: boolean): void {
    this.isUp = true;
    if (!sessionPresent) {
      for (const packetId of this.received) this.effects.forgetReceived(packetId);
      this.received.clear();
      this.outbox.startOver();
    }
    this.outbox.repeat(sessionPresent);
    this.subscriptions.up(sessionPresent);
    this.reconcile();
    this.effects.resumed(sessionPresent);
    this.settleTurn();
  }

  /** A packet came, other than the first CONNACK and PINGRESP. */
  receive(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        return this.accept(packet);
      case 'puback':
      case 'pubcomp':
        return this.outbox.conclude(packet);
      case 'pubrec':
        return this.outbox.release(packet);
      case 'pubrel': // answered even if unknown, or the server repeats it for ever [MQTT-4.3.3-2]
        if (this.received.delete(packet.packetId)) this.effects.forgetReceived(packet.packetId);
        return this.acknowledge('pubcomp', packet.packetId);
      case 'suback':
        this.subscriptions.suback(packet);
        break;
      case 'unsuback':
        this.subscriptions.unsuback(packet);
        break;
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
          new ProtocolError(`expected a packet for a client, got ${packet.type.toUpperCase()}`, 'MQTT section 2.2.1'),
        );
    }
    this.askForTurn();
  }

  private accept(message: PublishPacket): void {
    // At QoS 2 the message is delivered at first sight of its identifier, and answered every time [MQTT-4.3.3-2].
    const known = message.qos === 2 && this.received.has(message.packetId);
    if (!known) this.effects.deliver(message);
    if (message.qos === 2 && !known) {
      this.received.add(message.packetId);
      this.effects.keepReceived(message.packetId);
    }
    if (message.qos > 0) this.acknowledge(message.qos === 1 ? 'puback' : 'pubrec', message.packetId);
  }

  private acknowledge(type: AcknowledgementPacket['type'], packetId: number): void {
    this.effects.send({ type, packetId });
  }

  /** The application publishes. */
  publish(outgoing: O): void {
    this.outbox.publish(outgoing);
  }

  // ─── for the outbox ───

  get isOpen(): boolean {
    return (
      this.isUp &&
      this.effects.canSend &&
      !this.congested &&
      this.outbox.exchanges.size + this.subscriptions.requested < MAX_PACKET_ID
    );
  }

  get isUnsettled(): boolean {
    return this.subscriptions.unsettled;
  }

  askForTurn(): void {
    if (this.isUp && (this.subscriptions.unsettled || this.outbox.backlog.size > 0)) this.effects.turnNeeded();
  }

  /** What the turn collected goes out: subscriptions first, so that no answer to a publish is missed. */
  private settleTurn(): void {
    if (!this.isUp) return;
    this.reconcile();
    this.outbox.releaseBacklog();
  }

  private reconcile(): void {
    if (this.subscriptions.unsettled) this.subscriptions.reconcile(() => this.freeId());
  }

  /** An identifier that no exchange and no request uses [MQTT-2.3.1-2], or 0 when all 65,535 are in use. */
  freeId(): number {
    for (let tried = 0; tried < MAX_PACKET_ID; tried++) {
      this.lastId = (this.lastId % MAX_PACKET_ID) + 1;
      if (!this.outbox.exchanges.has(this.lastId) && !this.subscriptions.has(this.lastId)) return this.lastId;
    }
    return 0;
  }
}
