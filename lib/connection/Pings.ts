import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { ConnectionLostError, KeepAliveTimeoutError, type MqttError } from '../errors.js';
import { monotonicNow } from '../stream/clock.js';
import { finish } from '../stream/finish.js';
import { whenQuiet } from '../stream/quiet.js';

/** The connection that is pinged. */
export interface Pinged {
  /** When bytes last came, by `monotonicNow()`. */
  readonly lastReceived: number;
  /** Bytes that were ever handed on to the network. */
  readonly handedOn: number;
  /** Bytes that were ever written. */
  readonly written: number;
  /** Whether what is written still leaves. */
  readonly isOpen: boolean;
  /** Writes PINGREQ. */
  sendPing(): void;
  fail(error: MqttError): void;
}

interface Ping {
  readonly sentAt: number;
  /** Nobody waits for a ping of the keep-alive. */
  readonly caller: Subscriber<number> | undefined;
}

/**
 * The PINGREQs of a connection that are unanswered. When the server sends nothing at all for `timeout` after one, the
 * connection fails with a `KeepAliveTimeoutError`.
 */
export class Pings {
  /** When the last one was sent, by `monotonicNow()`; 0 if none was. */
  last = 0;
  private unanswered: Ping[] | undefined; // made for the first one
  private waiting: Subscription | undefined;
  /** When the wait began: how many bytes were written, PINGREQ among them, and how many of them had left. */
  private end = 0;
  private left = 0;
  private isOver = false;
  /** What ended the connection; nothing if it was closed. */
  private failure: MqttError | undefined;

  /** @param timeout milliseconds */
  constructor(
    private readonly connection: Pinged,
    private readonly timeout: number,
  ) {}

  /** Sends PINGREQ. */
  send(caller?: Subscriber<number>): void {
    if (this.isOver) return caller?.error(this.reason());
    this.last = monotonicNow();
    (this.unanswered ??= []).push({ sentAt: this.last, caller });
    this.connection.sendPing();
    const isAwaited = this.unanswered.length > 0 && this.connection.isOpen; // neither answered already nor failed
    if (isAwaited && !this.waiting) this.wait();
  }

  /**
   * The round trip of a PINGREQ in ms. Cold; emits and completes on PINGRESP; errors with what ends the connection. After
   * an early unsubscribe the answer is awaited all the same: the next round trip must not be measured by it.
   */
  get ping$(): Observable<number> {
    return new Observable((caller) => this.send(caller));
  }

  /** PINGRESP came: it answers the oldest PINGREQ. @returns the round trip, or nothing if nobody asked */
  answered(): number | undefined {
    const ping = this.unanswered?.shift();
    if (!ping) return undefined;
    if (this.unanswered!.length === 0) this.stop();
    const roundTrip = monotonicNow() - ping.sentAt;
    ping.caller?.next(roundTrip);
    if (ping.caller) finish(ping.caller);
    return roundTrip;
  }

  /** The connection is over: no further wait. */
  stop(): void {
    this.waiting?.unsubscribe();
    this.waiting = undefined;
  }

  /** Tells the callers that the connection is gone. */
  fail(error: MqttError | undefined): void {
    this.isOver = true;
    this.failure = error;
    if (!this.unanswered) return;
    for (const { caller } of this.unanswered.splice(0)) if (caller) finish(caller, this.reason());
  }

  /** Made when somebody asks: with its stack, an error takes 2 % of what a connection costs. */
  private reason(): MqttError {
    return this.failure ?? new ConnectionLostError('the connection was closed before PINGRESP came');
  }

  // ─── for `whenQuiet` ───

  since(): number {
    return Math.max(this.unanswered?.[0]?.sentAt ?? 0, this.connection.lastReceived);
  }

  elapsed(): void {
    const { connection, timeout } = this;
    this.waiting = undefined;
    // Over a slow link PINGREQ waits behind what was written before: as long as that leaves, the peer is alive.
    if (connection.handedOn < this.end && connection.handedOn > this.left) return this.wait();
    connection.fail(new KeepAliveTimeoutError(`the broker sent nothing within ${timeout} ms after PINGREQ`));
  }

  private wait(): void {
    this.end = this.connection.written;
    this.left = this.connection.handedOn;
    this.waiting = whenQuiet(this, this.timeout);
  }
}
