import { type Subscription, asyncScheduler } from 'rxjs';
import type { Accepted } from '../connection/Accepted.js';
import type { Link } from '../connection/Link.js';
import type { MqttError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { Outgoing } from '../session/Outgoing.js';
import type { Persistence, Written } from '../session/Persistence.js';
import { Session } from '../session/Session.js';
import type { Application, Keeper, Surroundings } from '../session/SessionEffects.js';
import { LIMITS_OF_311 } from '../session/ServerLimits.js';
import type { SessionEvent } from '../session/SessionEvent.js';
import type { SessionInput } from '../session/SessionInput.js';
import type { SessionOptions } from '../session/SessionOptions.js';
import { SerialQueue } from '../stream/SerialQueue.js';
import { instantNow, monotonicNow } from '../stream/clock.js';
import { endOfTurn } from '../stream/endOfTurn.js';
import type { ClientEvent } from './ClientEvent.js';
import { ExpiryTimer } from './ExpiryTimer.js';
import { Output, type OutputOwner } from './Output.js';
import { RequestTimeout } from './RequestTimeout.js';
import type { RequestToken } from './RequestToken.js';

type Input = SessionInput<Outgoing, RequestToken>;

/** The application, as the driver of its session knows it. */
export interface Driven extends Application<Outgoing, RequestToken> {
  /** A turn ends: what was collected is written. */
  turnEnded(): void;
}

/** Who hands over a message. */
interface Publisher {
  /** The session has it. */
  begun(): void;
}

/** Where the driver and its session report. */
interface Events {
  next(
    event: Extract<ClientEvent, { readonly type: SessionEvent['type'] | 'store-failed' | 'paused' | 'reading' }>,
  ): void;
}

/**
 * Runs the session: hands it one input after the other, ends its turns, and carries what it sends to the link. User code
 * that is called back in the middle of an input, and does something, makes an input that waits until that one is over.
 */
export class SessionDriver implements Surroundings, OutputOwner {
  readonly session: Session<Outgoing, RequestToken>;
  private readonly queue = new SerialQueue();
  private readonly output: Output;
  // Made for the first message that expires, and for the first request.
  private expiry: ExpiryTimer | undefined = undefined;
  private requestTimeout: RequestTimeout | undefined = undefined;
  private turn: Subscription | undefined = undefined;
  private reminder: Subscription | undefined = undefined;
  /** Waits for the transport to drain, while the window is shut by what it holds. */
  private draining: Subscription | undefined = undefined;
  /** How often the link had written when the session last heard of it. */
  private heardWrites = 0;
  /** The connection is the last one: it is not made anew. */
  isLast = false;
  /** Called when nothing waits any more. */
  private whenIdle: (() => void) | undefined = undefined;

  constructor(
    private readonly options: SessionOptions & { readonly subscribeTimeout: number },
    private readonly application: Driven,
    keeper: Keeper<Outgoing>,
    private readonly persistence: Persistence | undefined,
    private readonly events: Events,
  ) {
    this.output = new Output(persistence, this);
    this.session = new Session<Outgoing, RequestToken>(options, {
      wire: this.output,
      keeper,
      application,
      surroundings: this,
      events,
    });
  }

  /** The connection, while there is one. */
  get link(): Link | undefined {
    return this.output.link;
  }

  // ─── inputs: one after the other ───

  /** Does something between inputs: now, or when those before it are over. */
  run(act: () => void): void {
    this.queue.run(() => {
      this.look();
      act();
      this.settle();
    });
  }

  /** An input of the session. */
  step(input: Input): void {
    this.run(() => this.session.step(input));
  }

  /** A packet came. */
  receive(packet: Packet): void {
    if (!this.queue.begin()) return this.queue.later(() => this.received(packet));
    try {
      this.received(packet);
    } finally {
      this.queue.end();
    }
  }

  /** The application publishes. @param publisher told when the session has the message */
  publish(outgoing: Outgoing, publisher: Publisher): void {
    if (!this.queue.begin()) return this.queue.later(() => this.published(outgoing, publisher));
    try {
      this.published(outgoing, publisher);
    } finally {
      this.queue.end();
    }
  }

  /** A connection is there. */
  up({ link, sessionPresent, protocolVersion, properties }: Accepted): void {
    this.output.link = link;
    this.heardWrites = link.writes;
    const limits = properties ? { protocolVersion, ...properties } : LIMITS_OF_311;
    this.session.step({ type: 'up', sessionPresent, limits });
    this.turnNeeded(); // what could not be written to a store before
  }

  /** The connection is gone. */
  down(uptime: number, isLoss: boolean): void {
    // Answers to the last turn may have let messages go: written only with DISCONNECT, they would count as not taken.
    if (!isLoss) this.link?.flush();
    const taken = this.link?.taken ?? 0;
    this.output.discard();
    this.turn?.unsubscribe();
    this.turn = this.reminder = this.draining = undefined;
    this.requestTimeout?.stop();
    this.expiry?.stop(); // messages that come back may expire first
    this.session.step({ type: 'down', uptime, isLoss, taken });
    if (this.persistence?.hasChanges) this.turnNeeded();
  }

  /** Ends the turn now: everything collected is written. */
  endTurn(): void {
    this.turn?.unsubscribe();
    this.turn = undefined;
    this.run(() => {
      this.session.step({ type: 'turn' });
      this.flush();
      this.application.turnEnded();
    });
  }

  /** Calls back, once, as soon as no message and no request waits. */
  onIdle(callback: () => void): void {
    this.whenIdle = callback;
    this.run(() => undefined);
  }

  /** The client is ended: no timer is left. */
  stop(): void {
    this.expiry?.stop();
  }

  // ─── what the session asks of its surroundings ───

  turnNeeded(): void {
    this.turn ??= endOfTurn(() => {
      this.endTurn();
      // Not in the middle of an input: what was kept back while the client did not read comes at once.
      if (this.session.isReading) this.link?.resume();
    });
  }

  remind(ms: number): void {
    this.reminder?.unsubscribe();
    this.reminder = asyncScheduler.schedule(() => this.step({ type: 'reminded' }), ms);
    this.link?.lifetime.add(this.reminder);
  }

  probe(): void {
    const probing = this.link?.pings.ping$.subscribe({
      next: () => this.step({ type: 'probed' }),
      error: () => undefined, // the connection is gone, and the session hears of that
    });
    this.link?.lifetime.add(probing);
  }

  /** For `Output`: a write to the store is done. */
  stored(written: Written): void {
    this.run(() => this.storeWritten(written));
  }

  fail(error: MqttError): void {
    this.link?.fail(error);
  }

  renew(error: MqttError): void {
    if (!this.isLast) this.link?.leave(error);
  }

  read(isReading: boolean): void {
    const { link } = this;
    if (isReading) this.turnNeeded();
    else link?.pause();
    this.events.next({ type: isReading ? 'reading' : 'paused' });
  }

  // ─── around an input ───

  private received(packet: Packet): void {
    this.look();
    this.session.receive(packet);
    this.settle();
  }

  private published(outgoing: Outgoing, publisher: Publisher): void {
    if (outgoing.token === undefined) return; // its caller has left
    this.session.publish(outgoing);
    if (outgoing.awaited === 'queue') outgoing.queuedAt = monotonicNow();
    if (outgoing.lifetime && outgoing.awaited === 'queue') this.expiring().add(outgoing);
    publisher.begun();
    this.settle();
  }

  /** Before an input: what time it is, where that matters. */
  private look(): void {
    if (this.session.expiring.size > 0) this.session.now = instantNow();
  }

  /** After an input. */
  private settle(): void {
    const { link } = this;
    if (link && link.writes !== this.heardWrites) this.flush(); // a full buffer does not wait for the end of the turn
    if (this.session.expiring.size > 0 || this.expiry?.isArmed) this.expiring().update();
    if (link && (this.session.requested > 0 || this.requestTimeout?.isArmed)) this.requests().update(link);
    if (this.whenIdle && this.session.isIdle && this.output.isIdle) {
      const { whenIdle } = this;
      this.whenIdle = undefined;
      whenIdle();
    }
  }

  /** Writes what was collected, and lets the session know what the transport has. */
  private flush(): void {
    this.output.flush();
    const { link } = this;
    if (!link?.isOpen) return; // `down` says what the transport has taken
    this.written(link);
    if (this.session.window.awaitsDrain) this.draining ??= link.onDrain(() => this.run(() => this.drained(link)));
  }

  private written(link: Link): void {
    this.heardWrites = link.writes;
    this.session.step({ type: 'written', unsent: this.output.unsent, taken: link.taken });
  }

  private drained(link: Link): void {
    this.written(link);
    if (this.session.window.awaitsDrain) return;
    this.draining?.unsubscribe();
    this.draining = undefined;
  }

  private expiring(): ExpiryTimer {
    return (this.expiry ??= new ExpiryTimer(this.session, () => this.step({ type: 'expire' })));
  }

  private requests(): RequestTimeout {
    return (this.requestTimeout ??= new RequestTimeout(this.options.subscribeTimeout, this.session));
  }

  /** After a failed write the connection is made anew, and the session repeats what waited. */
  private storeWritten({ error, unkept }: Written): void {
    const { link } = this;
    this.output.stored(error === undefined);
    if (error) {
      this.events.next({ type: 'store-failed', error });
      for (const outgoing of unkept) this.session.step({ type: 'unkept', outgoing, error });
      link?.fail(error);
    } else this.flush();
  }
}
