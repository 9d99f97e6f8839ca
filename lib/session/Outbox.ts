import {
  MessageExpiredError,
  type MqttError,
  PublishUnfinishedError,
  QueueOverflowError,
  SessionLostError,
} from '../errors.js';
import { NO_BYTES } from '../packet/noBytes.js';
import { Acknowledgements } from './Acknowledgements.js';
import { Exchanges } from './Exchanges.js';
import { Leaving } from './Leaving.js';
import type { Gate } from './Gate.js';
import { remaining } from './lifetime.js';
import { Outcomes } from './Outcomes.js';
import type { Outgoing } from './Outgoing.js';
import { Queue } from './Queue.js';
import type { SessionEffects } from './SessionEffects.js';
import type { Inherited } from './SessionInput.js';
import type { SessionOptions } from './SessionOptions.js';

/**
 * The messages of the application, from `publish` to the end of their exchange: those that wait to be written, those that
 * the transport is to take, and those that await an acknowledgement.
 *
 * @typeParam O a message on its way
 */
export class Outbox<O extends Outgoing> {
  readonly exchanges = new Exchanges<O>();
  readonly queue: Queue<O>;
  readonly acknowledgements: Acknowledgements<O>;
  private readonly outcomes: Outcomes<O>;
  private readonly leaving = new Leaving<O>();

  constructor(
    private readonly options: SessionOptions,
    private readonly effects: SessionEffects<O, never>,
    private readonly gate: Gate<O>,
  ) {
    this.queue = new Queue(options.queue);
    this.outcomes = new Outcomes(effects, gate);
    this.acknowledgements = new Acknowledgements(options, effects, gate, this.exchanges, this.outcomes);
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.queue.size === 0 && this.exchanges.size === 0 && this.leaving.size === 0;
  }

  /** The application publishes. @returns whether the message waits for the end of the turn */
  publish(outgoing: O): boolean {
    const { isOpen } = this;
    if (isOpen && this.queue.size === 0 && !this.gate.isBusy) {
      this.transmit(outgoing);
      return false;
    }
    this.wait(outgoing, !isOpen);
    return true;
  }

  /** The caller has left: what was not written is taken back, what was runs on. */
  withdraw(outgoing: O): void {
    outgoing.token = undefined;
    if (outgoing.awaited !== 'queue') return;
    this.queue.delete(outgoing);
    this.effects.keeper.forget(outgoing);
  }

  /** Drops the messages that have waited too long. */
  expire(): void {
    for (const outgoing of [...this.queue.expiring]) this.expired(outgoing);
  }

  /** A message could not be kept, and was not written. */
  unkept(outgoing: O, error: MqttError): void {
    if (outgoing.awaited === 'queue') this.queue.delete(outgoing);
    else if (this.exchanges.get(outgoing.packetId) === outgoing) this.exchanges.delete(outgoing);
    this.gate.cleared(outgoing);
    this.outcomes.settle(outgoing, error);
  }

  /** Sends what may be sent: what a reconnect repeats, then what waits. */
  pump(): void {
    if (this.gate.isBusy) return;
    const { published } = this.exchanges;
    while (published.ahead > 0 && this.gate.window.admits(this.exchanges.inFlight)) this.repeat(published.advance()!);
    while (this.isOpen) {
      const outgoing = this.queue.shift();
      if (!outgoing) return;
      if (!this.expired(outgoing)) this.transmit(outgoing);
    }
  }

  /** @param taken how many QoS 0 messages the transport has taken since the connection began: these are done */
  written(taken: number): void {
    for (let done = this.leaving.shift(taken); done; done = this.leaving.shift(taken)) this.outcomes.settle(done);
  }

  /** The connection is gone: what the transport did not take waits again. */
  down(taken: number): void {
    this.written(taken);
    this.exchanges.tried = undefined;
    const lost = this.leaving.takeAll();
    for (const outgoing of lost) outgoing.notWritten();
    this.queue.prepend(lost.filter(({ token }) => token !== undefined));
  }

  /**
   * The connection is there: everything in flight is sent again, in order [MQTT-4.4.0-1], as far as the window admits.
   * Without a session QoS 1 starts over, and QoS 2 cannot be exactly once any more.
   */
  up(sessionPresent: boolean): void {
    if (this.exchanges.size === 0) return; // as at every first connection
    if (!sessionPresent) this.startOver();
    this.exchanges.published.rewind();
    for (const { packetId } of this.exchanges.released) this.effects.wire.send({ type: 'pubrel', packetId });
  }

  /** Sends a suspect, apart from all others. */
  try(suspect: O): void {
    this.exchanges.tried = suspect;
    this.repeat(suspect);
  }

  /** Messages that an earlier process left come before those that this one has published so far. */
  restore({ inFlight, received, queued }: Inherited<O>): void {
    for (const outgoing of inFlight) this.exchanges.add(outgoing);
    for (const outgoing of received) {
      if (this.options.onSessionLost === 'error') outgoing.payload = NO_BYTES; // the server has it
      this.exchanges.received(outgoing);
    }
    const waiting = this.queue.takeAll();
    for (const outgoing of queued) this.queue.push(outgoing, false);
    for (const outgoing of waiting) this.wait(outgoing, false);
  }

  /**
   * The connection is given up, and every caller is told. What is in flight in a session that is kept must be finished
   * [MQTT-4.4.0-1], and so must, in any session, what has no caller: an earlier process left it, and nobody could publish
   * it again.
   */
  giveUp(error: MqttError, isKept: boolean): void {
    const failed = this.queue.takeAll();
    for (const outgoing of failed) {
      if (outgoing.token === undefined) this.queue.push(outgoing, false);
      else this.effects.keeper.forget(outgoing);
    }
    for (const outgoing of [...this.exchanges]) {
      if (outgoing.token === undefined) continue; // nobody is told
      if (isKept) {
        outgoing.outcome = 'unfinished';
        this.outcomes.settle(outgoing, new PublishUnfinishedError(outgoing.topic, error));
      } else {
        this.exchanges.delete(outgoing);
        this.outcomes.over(outgoing, error);
      }
    }
    for (const outgoing of failed) this.outcomes.settle(outgoing, error);
  }

  /** The client is ended, and every caller is told. What a store keeps stays there. */
  end(error: MqttError): void {
    const all = [...this.exchanges, ...this.leaving.takeAll(), ...this.queue.takeAll()];
    for (const outgoing of all) this.outcomes.settle(outgoing, error);
  }

  /** Whether another message may be written now. */
  private get isOpen(): boolean {
    const { exchanges } = this;
    return exchanges.published.ahead === 0 && this.gate.window.admits(exchanges.inFlight) && this.gate.hasFreeId;
  }

  /** The session is lost. What the caller was told an error of is not sent again: no protocol demands it any more. */
  private startOver(): void {
    const { apart } = this.exchanges;
    for (const outgoing of [...(apart ?? []), ...this.exchanges.takeAll()]) {
      if (isWithheld(outgoing)) {
        this.effects.keeper.forget(outgoing); // its caller knows, and so does `events`
        outgoing.awaited = 'nothing';
        continue;
      }
      const mayBeRepeated = outgoing.qos === 1 || this.options.onSessionLost === 'republish';
      if (mayBeRepeated && outgoing.outcome === undefined) {
        const wasReceived = outgoing.awaited === 'pubcomp';
        outgoing.notWritten();
        if (apart?.has(outgoing) !== true) this.exchanges.add(outgoing);
        if (wasReceived) this.effects.keeper.keep(outgoing);
      } else {
        if (apart?.has(outgoing) === true) this.exchanges.delete(outgoing);
        outgoing.awaited = 'nothing';
        if (mayBeRepeated) outgoing.outcome = undefined; // by a retry
        const what =
          'the connection broke in mid-exchange, and the broker lost the session: the message may or may not have arrived';
        const how = 'cleanSession: false keeps the session; if this happens each time, the broker may not know QoS 2';
        this.outcomes.drop(outgoing, 'session-lost', new SessionLostError(`${what}; ${how}`));
      }
    }
  }

  private wait(outgoing: O, bounded: boolean): void {
    for (const dropped of this.queue.push(outgoing, bounded)) {
      const { size, bytes } = this.options.queue;
      this.outcomes.drop(
        dropped,
        'overflow',
        new QueueOverflowError(`the queue of ${size} messages or ${bytes} bytes is full`),
      );
    }
    if (outgoing.qos > 0 && outgoing.awaited === 'queue') this.effects.keeper.keep(outgoing);
  }

  /** Sends a message again, unless the server of this connection cannot take it. */
  private repeat(outgoing: O): void {
    const why = this.gate.window.refuses(outgoing);
    if (!why) return this.write(outgoing);
    if (outgoing.qos === 2 && outgoing.isWritten) return this.withhold(outgoing, why);
    this.exchanges.delete(outgoing);
    this.outcomes.drop(outgoing, 'not-supported', why);
  }

  /**
   * Drops a QoS 2 message that the server may have from an earlier connection, and would know its packet identifier by:
   * PUBREL makes it forget, or another message with that identifier would be taken for this one.
   */
  private withhold(outgoing: O, why: MqttError): void {
    const { packetId, topic } = outgoing;
    this.exchanges.received(outgoing);
    // With 'republish' a store must not have half a message: a process that dies now does not leave word of the drop.
    if (this.options.onSessionLost === 'error') outgoing.payload = NO_BYTES;
    this.effects.events.next({ type: 'message-dropped', topic, reason: 'not-supported' });
    this.effects.keeper.keep(outgoing);
    this.gate.cleared(outgoing);
    this.outcomes.settle(outgoing, why);
    outgoing.outcome = why;
    this.effects.wire.send({ type: 'pubrel', packetId });
  }

  private transmit(outgoing: O): void {
    const why = this.gate.window.refuses(outgoing);
    if (why) return this.outcomes.drop(outgoing, 'not-supported', why);
    if (outgoing.qos > 0) {
      outgoing.packetId = this.gate.freeId();
      this.exchanges.add(outgoing);
      this.effects.keeper.keep(outgoing);
    } else this.leaving.append(outgoing);
    this.write(outgoing);
  }

  private write(outgoing: O): void {
    this.gate.window.wrote(outgoing.payload.length + outgoing.topic.length + BESIDE);
    this.effects.wire.publish(outgoing);
  }

  /** Drops a message that waits, or was about to be sent, if it has waited too long. @returns whether it has */
  private expired(outgoing: O): boolean {
    if (!outgoing.lifetime || remaining(outgoing.lifetime, this.gate.now) > 0) return false;
    if (outgoing.awaited === 'queue') this.queue.delete(outgoing);
    const what = 'the message waited longer than its expiry, and was not sent';
    this.outcomes.drop(outgoing, 'expired', new MessageExpiredError(what));
    return true;
  }
}

/** Whether a message was dropped, and only its packet identifier is still to be released. */
function isWithheld({ awaited, outcome }: Outgoing): boolean {
  return awaited === 'pubcomp' && typeof outcome === 'object';
}

/** Bytes of a PUBLISH beside topic name and payload, at most. */
const BESIDE = 9;
