import type { Subscriber } from 'rxjs';
import type { Lease, Leases } from '../connection/Leases.js';
import type { MqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Outgoing, OutgoingOwner } from '../session/Outgoing.js';
import { finish } from '../stream/finish.js';
import type { SessionDriver } from './SessionDriver.js';

/** What a publish emits when the server has the message, or at QoS 0 when the transport has it. */
export interface PublishReceipt {
  readonly topic: string;
  readonly qos: QoS;
  /** The packet identifier of the exchange; not at QoS 0. */
  readonly packetId?: number;
  /**
   * Milliseconds from writing PUBLISH to the last acknowledgement. Not at QoS 0, and not after a `PublishUnfinishedError`,
   * if the exchange ended before the retry.
   */
  readonly roundTrip?: number;
}

/** The caller of a publish. The session hands it back when the message is over. */
export type PublishToken = Subscriber<PublishReceipt>;

/** Who made a message, and is told when it is over. */
export interface PublishOwner extends OutgoingOwner<PublishToken> {
  settled(outgoing: Outgoing<PublishToken>): void;
}

/** The publishes whose callers wait. While there is one, they need the connection: one lease for all of them. */
export class Publishing implements PublishOwner {
  private waiting = 0;
  private lease: Lease | undefined;

  constructor(
    private readonly driver: SessionDriver,
    private readonly leases: Leases,
  ) {}

  /** Publishes a message whose token is its caller. Torn down with the caller. */
  start(outgoing: Outgoing<PublishToken>, caller: PublishToken): void {
    this.waiting++;
    caller.add(outgoing);
    // The message first: the connection may fail at once, and then the caller must hear of that.
    this.driver.publish(outgoing, this.begun);
  }

  /** Waits for the exchange of a publish that was told an error: the message must not be published twice. */
  adopt(outgoing: Outgoing<PublishToken>, caller: PublishToken, owner: PublishOwner): void {
    this.waiting++;
    this.driver.run(() => {
      this.driver.session.adopt(outgoing, caller, owner);
      this.begun();
    });
    caller.add(outgoing);
  }

  withdraw(outgoing: Outgoing<PublishToken>): void {
    outgoing.token = undefined;
    this.driver.step({ type: 'withdraw', outgoing });
    this.settled();
  }

  /** A publish is over, or its caller has left. */
  settled(): void {
    if (--this.waiting > 0 || !this.lease) return;
    const { lease } = this;
    this.lease = undefined;
    this.leases.release(lease);
  }

  /** The session has a message: the connection is needed. */
  private readonly begun = (): void => {
    if (this.waiting > 0) this.lease ??= this.leases.acquire();
  };
}

/** Tells the caller of a message what became of it. @param now the age of the connection, see `Link.age` */
export function settle(outgoing: Outgoing<PublishToken>, caller: PublishToken, now: number, error?: MqttError): void {
  (outgoing.owner as PublishOwner).settled(outgoing);
  if (error) return finish(caller, error);
  const { topic, qos, packetId, writtenAt } = outgoing;
  const roundTrip = Math.max(0, now - writtenAt);
  caller.next(qos === 0 ? receiptOf(outgoing) : { topic, qos, packetId, roundTrip });
  finish(caller);
}

/** The receipt of a message, without the round trip. */
export function receiptOf({ topic, qos, packetId }: Outgoing): PublishReceipt {
  return qos === 0 ? { topic, qos } : { topic, qos, packetId };
}
