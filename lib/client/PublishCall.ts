import type { Subscriber, Unsubscribable } from 'rxjs';
import type { MqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Awaited, Outgoing } from '../session/Outgoing.js';
import type { SessionInput } from '../session/SessionInput.js';

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
  acquire(): number;
  release(epoch: number): void;
  push(input: SessionInput<PublishCall, never>): void;
}

/** No hold on the connection. */
const NONE = -1;

/**
 * One subscription of a `publish` Observable: its message, its hold on the connection, and the teardown of its
 * subscriber, all in one object, because 65,535 of them may be in flight.
 */
export class PublishCall implements Outgoing, Unsubscribable {
  packetId = 0;
  dup = false;
  awaited: Awaited = 'write';
  place = 0;
  previous: Outgoing | undefined = undefined;
  next: Outgoing | undefined = undefined;
  isAwaited = true;
  /** When PUBLISH was written, in ms since the connection was opened: so small a number takes no memory of its own. */
  sentAt = 0;
  private epoch = NONE;

  constructor(
    readonly topic: string,
    public payload: Uint8Array,
    readonly qos: QoS,
    readonly retain: boolean,
    private readonly subscriber: Subscriber<PublishReceipt>,
    private readonly host: PublishHost,
  ) {}

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory per message
  get type(): 'publish' {
    return 'publish';
  }

  /** Hands the message over. The message first, the hold on the connection next: a connection may fail at once. */
  start(): void {
    this.host.push({ is: 'publish', outgoing: this });
    if (this.isAwaited) this.epoch = this.host.acquire();
    if (!this.isAwaited) this.release();
  }

  /** The exchange is over. @param now in ms since the connection was opened */
  settle(error: MqttError | undefined, now: number): void {
    const { topic, qos, packetId } = this;
    this.release();
    if (error) return this.subscriber.error(error);
    this.subscriber.next(qos === 0 ? { topic, qos } : { topic, qos, packetId, roundTrip: now - this.sentAt });
    this.subscriber.complete();
  }

  /** The subscriber has left: what was not written is taken back, what was runs on without it. */
  unsubscribe(): void {
    if (!this.isAwaited) return;
    this.host.push({ is: 'withdraw', outgoing: this });
    this.release();
  }

  private release(): void {
    if (this.epoch === NONE) return;
    this.host.release(this.epoch);
    this.epoch = NONE;
  }
}
