import { Subscription, asyncScheduler } from 'rxjs';
import type { Holders } from '../client/Holders.js';
import type { Publication } from '../client/Publication.js';
import { expiry } from '../client/expiry.js';
import type { QoS } from '../packet/Packet.js';
import type { Awaited, Outgoing } from '../session/Outgoing.js';
import type { LeftMessage } from './readStore.js';

/** The messages of an earlier process: they hold the connection, once somebody has opened it, until all are over. */
export class Recovery {
  /** What ends with the client. */
  readonly timers = new Subscription();
  private left = 0;
  private epoch: number | undefined;

  constructor(private readonly holders: Holders) {}

  /** A connection is there, or being made. */
  hold(): void {
    const { epoch } = this;
    if (this.left > 0) this.epoch = this.holders.acquire(false);
    if (epoch !== undefined) this.holders.release(epoch, false); // void, if that connection is gone
  }

  /** One more to wait for. */
  add(): void {
    this.left++;
  }

  /** One of them is over. */
  done(): void {
    if (--this.left > 0 || this.epoch === undefined) return;
    this.holders.release(this.epoch, false);
    this.epoch = undefined;
  }
}

/** A message that an earlier process left: nobody waits for it, it is only sent. */
export class RecoveredMessage implements Publication {
  readonly type = 'publish';
  readonly topic: string;
  payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  packetId: number;
  dup = false;
  awaited: Awaited = 'write';
  place = 0;
  previous: Outgoing | undefined = undefined;
  next: Outgoing | undefined = undefined;
  readonly isAwaited = false;
  /** Whoever took its packet identifier may have written it. */
  isWritten: boolean;
  serial: number;
  readonly expiresAt: number;
  readonly isGone = true;
  private timer: Subscription | undefined;
  private isOver = false;

  constructor(
    { topic, payload, qos, retain, packetId, serial, expiresAt }: LeftMessage,
    private readonly recovery: Recovery,
  ) {
    this.topic = topic;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.packetId = packetId;
    this.isWritten = packetId > 0;
    this.serial = serial;
    this.expiresAt = expiresAt;
    recovery.add();
  }

  /** It is not worth sending any more from some time on, which may have passed. */
  expireBy(host: { expire(message: Publication): void }): void {
    if (this.expiresAt === 0) return;
    if (this.expiresAt <= asyncScheduler.now()) return host.expire(this); // before a connection can be faster
    this.recovery.timers.add((this.timer = expiry(this, host)));
  }

  written(): void {
    this.isWritten = true;
    this.timer?.unsubscribe();
  }

  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer?.unsubscribe();
    this.recovery.done();
  }

  settle(): void {
    // Nobody waits for it.
  }
}
