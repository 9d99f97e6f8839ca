import type { Subscriber, Subscription, Unsubscribable } from 'rxjs';
import type { MqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Awaited, Outgoing } from '../session/Outgoing.js';
import type { Holders } from './Holders.js';
import type { Publication } from './Publication.js';
import { expiry } from './expiry.js';

/** What a publish emits when the broker has the message, or at QoS 0 when the transport has it. */
export interface PublishReceipt {
  readonly topic: string;
  readonly qos: QoS;
  /** The packet identifier of the exchange; not at QoS 0. */
  readonly packetId?: number;
  /** Milliseconds from writing PUBLISH to the last acknowledgement; not at QoS 0. */
  readonly roundTrip?: number;
}

/** What a publish call needs of its client. */
export interface PublishHost {
  readonly holders: Holders;
  withdraw(call: PublishCall): void;
  /** It is not worth sending any more. */
  expire(call: PublishCall): void;
}

/** No hold on the connection; not written. */
const NONE = -1;

/**
 * One subscription of a `publish` Observable: its message, its hold on the connection, and, while it waits to be
 * written, the teardown of its subscriber, all in one object, because 65,535 of them may be in flight.
 *
 * Once it is written its subscriber has no teardown, for which RxJS would make an array of 17 places. The exchange runs
 * on anyhow (MQTT section 4.3); whether the caller has left is looked up (`isGone`) and not told.
 */
export class PublishCall implements Publication, Unsubscribable {
  packetId = 0;
  dup = false;
  awaited: Awaited = 'write';
  place = 0;
  previous: Outgoing | undefined = undefined;
  next: Outgoing | undefined = undefined;
  isAwaited = true;
  serial = 0;
  /** When PUBLISH was written, in ms since the connection was opened: so small a number takes no memory of its own. */
  private sentAt = NONE;
  private timer: Subscription | undefined = undefined;
  private epoch = NONE;
  private isSilent = true;

  constructor(
    readonly topic: string,
    public payload: Uint8Array,
    readonly qos: QoS,
    readonly retain: boolean,
    readonly expiresAt: number,
    private readonly subscriber: Subscriber<PublishReceipt>,
    private readonly host: PublishHost,
  ) {}

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory per message
  get type(): 'publish' {
    return 'publish';
  }

  /** Whether nobody waits for it any more. */
  get isGone(): boolean {
    return this.subscriber.closed;
  }

  get isWritten(): boolean {
    return this.sentAt !== NONE;
  }

  /** The session has it: from now on it holds the connection. */
  hold(): void {
    if (this.awaited === 'queue') {
      this.isSilent = false;
      this.subscriber.add(this);
      if (this.expiresAt > 0) this.timer = expiry(this, this.host);
    }
    this.epoch = this.host.holders.acquire(this.isSilent);
    if (this.isGone) this.release(); // the connection failed at once
  }

  written(at: number): void {
    this.sentAt = at;
    this.timer?.unsubscribe();
  }

  /** Lets go of the connection. */
  release(): void {
    if (this.epoch === NONE) return;
    this.host.holders.release(this.epoch, this.isSilent);
    this.epoch = NONE;
  }

  settle(error: MqttError | undefined, at: number): void {
    const { topic, qos, packetId, subscriber } = this;
    this.timer?.unsubscribe();
    this.release();
    if (error) return subscriber.error(error);
    subscriber.next(qos === 0 ? { topic, qos } : { topic, qos, packetId, roundTrip: at - this.sentAt });
    subscriber.complete();
  }

  /** The subscriber has left before, or after, it was written: what was not is taken back, what was runs on. */
  unsubscribe(): void {
    this.timer?.unsubscribe();
    if (!this.isAwaited) return;
    this.host.withdraw(this);
    this.release();
  }
}
