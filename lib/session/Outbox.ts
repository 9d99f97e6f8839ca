import { type MqttError, ProtocolError, QueueOverflowError, SessionLostError } from '../errors.js';
import type { AcknowledgementPacket } from '../packet/Packet.js';
import { Backlog } from './Backlog.js';
import { Exchanges } from './Exchanges.js';
import type { Outgoing } from './Outgoing.js';
import type { DropReason, SessionEffects } from './SessionEffects.js';
import type { Left } from './SessionInput.js';
import type { SessionOptions } from './SessionOptions.js';
import { NO_BYTES } from '../packet/noBytes.js';

/** The session around an outbox. */
export interface OutboxHost {
  /** Whether the link takes messages, and a packet identifier is free for one. */
  readonly isOpen: boolean;
  /** Whether a SUBSCRIBE or UNSUBSCRIBE goes out before anything newer. */
  readonly isUnsettled: boolean;
  /** A packet identifier that nothing uses. */
  freeId(): number;
  /** Something may wait for the end of the turn. */
  askForTurn(): void;
}

/**
 * The messages of the application, from `publish` to the end of their exchange: those that wait to be written, and those
 * that wait to be acknowledged.
 *
 * @typeParam O a message on its way
 */
export class Outbox<O extends Outgoing> {
  readonly exchanges = new Exchanges<O>();
  readonly backlog: Backlog<O>;

  constructor(
    private readonly options: SessionOptions,
    private readonly effects: SessionEffects<O, never>,
    private readonly host: OutboxHost,
  ) {
    this.backlog = new Backlog(options.queue);
  }

  /** The application publishes. */
  publish(outgoing: O): void {
    const { isOpen } = this;
    if (isOpen && this.backlog.size === 0 && !this.host.isUnsettled) return this.transmit(outgoing);
    this.wait(outgoing, !isOpen);
    this.host.askForTurn();
  }

  /** Whoever published has left: what was not written is taken back, what was runs on. */
  withdraw(outgoing: O): void {
    outgoing.isAwaited = false;
    if (outgoing.awaited !== 'queue') return;
    this.backlog.delete(outgoing);
    this.effects.forget(outgoing);
  }

  /** A message is not worth sending any more. */
  expire(outgoing: O, error: MqttError): void {
    if (outgoing.awaited !== 'queue') return;
    this.backlog.delete(outgoing);
    this.drop(outgoing, 'expired', error);
  }

  /** A message could not be kept, and was not written. */
  unkept(outgoing: O, error: MqttError): void {
    if (outgoing.awaited === 'queue') this.backlog.delete(outgoing);
    else if (this.exchanges.get(outgoing.packetId) === outgoing) this.exchanges.delete(outgoing);
    this.settle(outgoing, error);
  }

  /** PUBACK or PUBCOMP came. */
  conclude({ type, packetId }: AcknowledgementPacket): void {
    const outgoing = this.exchanges.get(packetId);
    if (!outgoing?.isWritten) return; // a late answer: its exchange is over, or waits for the store
    if (outgoing.awaited !== type) return this.unexpected(outgoing, type);
    this.exchanges.delete(outgoing);
    this.effects.forget(outgoing);
    this.settle(outgoing);
    // Subscriptions, which may have waited for the identifier, go out before the backlog.
    if (this.host.isUnsettled) this.host.askForTurn();
    else if (this.backlog.size > 0) this.releaseBacklog();
  }

  /** PUBREC came. */
  release({ packetId }: AcknowledgementPacket): void {
    const outgoing = this.exchanges.get(packetId);
    if (outgoing?.isWritten === false) return; // what waits for the store the broker cannot have
    if (outgoing?.awaited === 'puback') return this.unexpected(outgoing, 'pubrec');
    if (outgoing?.awaited === 'pubrec') {
      if (this.options.onSessionLost === 'error') outgoing.payload = NO_BYTES; // the server has it [MQTT-4.3.3-1]
      this.exchanges.release(outgoing);
      this.effects.keep(outgoing);
    }
    this.effects.send({ type: 'pubrel', packetId }); // for an unknown one as well, or the server's exchange is stuck
  }

  /** What was collected goes out, as far as it may. */
  releaseBacklog(): void {
    while (this.isOpen) {
      const outgoing = this.backlog.shift();
      if (!outgoing) return;
      this.transmit(outgoing);
    }
  }

  /** The server forgot the session: QoS 1 starts over, QoS 2 cannot be exactly once any more. */
  startOver(): void {
    if (this.exchanges.size === 0) return; // as at every first connection
    for (const outgoing of this.exchanges.takeAll()) {
      if (outgoing.qos === 1 || this.options.onSessionLost === 'republish') {
        const { awaited } = outgoing;
        this.exchanges.add(outgoing);
        if (awaited === 'pubcomp') this.effects.keep(outgoing);
      } else {
        const what = 'the broker lost the session in mid-exchange: the message may or may not have arrived';
        this.drop(outgoing, 'session-lost', new SessionLostError(what));
      }
    }
  }

  /** Everything in flight is sent again, in order [MQTT-4.4.0-1]. */
  repeat(sessionPresent: boolean): void {
    if (this.exchanges.size === 0) return;
    for (const outgoing of this.exchanges) {
      if (outgoing.awaited === 'pubcomp') {
        this.effects.send({ type: 'pubrel', packetId: outgoing.packetId });
      } else {
        outgoing.dup = sessionPresent && outgoing.isWritten; // [MQTT-3.3.1-1]; to a new session it is a new message
        this.effects.publish(outgoing);
      }
    }
  }

  /** Goes on where an earlier process stopped: what it left comes before what this one has published so far. */
  restore({ inFlight, released, queued }: Left<O>): void {
    for (const outgoing of inFlight) this.exchanges.add(outgoing);
    for (const outgoing of released) this.exchanges.release(outgoing);
    const waiting = this.backlog.takeAll();
    for (const outgoing of queued) this.backlog.push(outgoing, false);
    for (const outgoing of waiting) this.wait(outgoing, false);
  }

  /**
   * Everybody who waits is told an error. What is in flight stays, and what an earlier process left to be written.
   * @param isEnd what is kept stays kept, for the next process
   */
  abandon(error: MqttError, isEnd: boolean): void {
    const given = this.backlog.takeAll();
    for (const outgoing of given) {
      if (!outgoing.isAwaited)
        this.backlog.push(outgoing, false); // prettier-ignore -- nobody could publish it again
      else if (!isEnd) this.effects.forget(outgoing);
    }
    for (const outgoing of this.exchanges) this.settle(outgoing, error);
    for (const outgoing of given) this.settle(outgoing, error);
  }

  /** Whether another message may be written now. */
  private get isOpen(): boolean {
    return this.exchanges.size < this.options.maxInflight && this.host.isOpen;
  }

  private wait(outgoing: O, bounded: boolean): void {
    for (const dropped of this.backlog.push(outgoing, bounded)) {
      const { size, bytes } = this.options.queue;
      this.drop(dropped, 'overflow', new QueueOverflowError(`the queue of ${size} messages or ${bytes} bytes is full`));
    }
    if (outgoing.qos > 0 && outgoing.awaited === 'queue') this.effects.keep(outgoing);
  }

  private transmit(outgoing: O): void {
    if (outgoing.qos > 0) {
      outgoing.packetId = this.host.freeId();
      this.exchanges.add(outgoing);
      this.effects.keep(outgoing);
    }
    this.effects.publish(outgoing);
  }

  private unexpected({ awaited, packetId }: O, came: string): void {
    const expected = awaited.toUpperCase();
    this.effects.violation(
      new ProtocolError(
        `expected ${expected} for packet identifier ${packetId}, got ${came.toUpperCase()}`,
        awaited === 'puback' ? 'MQTT-4.3.2-2' : 'MQTT-4.3.3-2',
      ),
    );
  }

  private drop(outgoing: O, reason: DropReason, error: MqttError): void {
    this.effects.dropped(outgoing, reason);
    this.effects.forget(outgoing);
    this.settle(outgoing, error);
  }

  private settle(outgoing: O, error?: MqttError): void {
    if (!outgoing.isAwaited) return;
    outgoing.isAwaited = false;
    this.effects.settle(outgoing, error);
  }
}
