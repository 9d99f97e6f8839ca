import type { Subscriber, Unsubscribable } from 'rxjs';
import type { MqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Outgoing } from '../session/Outgoing.js';
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

/** One subscription of a `publish` Observable: the token of its exchange, and the teardown of its subscriber. */
export class PublishCall implements Unsubscribable {
  /** When PUBLISH was written, for the round trip. */
  sentAt = 0;
  private epoch = NONE;
  private outgoing: Outgoing<PublishCall> | undefined;
  private settled = false;

  constructor(
    private readonly subscriber: Subscriber<PublishReceipt>,
    private readonly host: PublishHost,
  ) {}

  /** Hands the message over. The message first, the hold on the connection next: a connection may fail at once. */
  start(outgoing: Outgoing<PublishCall>): void {
    this.outgoing = outgoing;
    this.host.push({ is: 'publish', outgoing });
    if (!this.settled) this.epoch = this.host.acquire();
    if (this.settled) this.release();
  }

  /** The exchange is over. @param now by `asyncScheduler.now()` */
  settle({ topic, qos, packetId }: Outgoing<PublishCall>, error: MqttError | undefined, now: number): void {
    this.settled = true;
    this.release();
    if (error) return this.subscriber.error(error);
    this.subscriber.next(qos === 0 ? { topic, qos } : { topic, qos, packetId, roundTrip: now - this.sentAt });
    this.subscriber.complete();
  }

  /** The subscriber has left: what was not written is taken back, what was runs on without it. */
  unsubscribe(): void {
    const { outgoing } = this;
    if (!outgoing || this.settled) return;
    this.settled = true;
    this.host.push({ is: 'withdraw', outgoing });
    this.release();
  }

  private release(): void {
    if (this.epoch === NONE) return;
    this.host.release(this.epoch);
    this.epoch = NONE;
  }
}
