import type { Subscriber } from 'rxjs';
import type { Lease, Leases } from '../connection/Leases.js';
import type { MqttError } from '../errors.js';
import type { AcknowledgementPacket, QoS } from '../packet/Packet.js';
import type { UserProperty } from '../packet/PacketProperties.js';
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
  /** Milliseconds that the message waited in the queue; left out if it went out at once. */
  readonly queuedFor?: number;
  /** MQTT 5, not at QoS 0: 0, or 0x10 if there was no subscriber and the server says so. */
  readonly reasonCode?: number;
  /** MQTT 5: a text for people, if the server gave one. */
  readonly reasonString?: string;
  /** MQTT 5: user properties of the acknowledgement, if there were any. */
  readonly userProperties?: readonly UserProperty[];
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
    this.driver.publish(outgoing, this);
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
  begun(): void {
    if (this.waiting > 0) this.lease ??= this.leases.acquire();
  }
}

/** Tells the caller of a message what became of it. @param now see `Link.ageReceived` */
export function settle(
  outgoing: Outgoing<PublishToken>,
  caller: PublishToken,
  now: number,
  error?: MqttError,
  reason?: AcknowledgementPacket,
): void {
  (outgoing.owner as PublishOwner).settled(outgoing);
  if (error) return finish(caller, error);
  const receipt = receiptOf(outgoing);
  if (outgoing.qos > 0) receipt.roundTrip = Math.max(0, now - outgoing.writtenAt);
  if (reason?.reasonCode !== undefined) {
    const { reasonCode, properties } = reason;
    receipt.reasonCode = reasonCode;
    if (properties) Object.assign(receipt, properties);
  }
  caller.next(receipt);
  finish(caller);
}

/** The receipt of a message, without the round trip and what the server said. */
export function receiptOf({ topic, qos, packetId, queuedFor }: Outgoing): Receipt {
  const receipt: Receipt = qos === 0 ? { topic, qos } : { topic, qos, packetId };
  if (queuedFor !== undefined) receipt.queuedFor = queuedFor;
  return receipt;
}

/** A receipt that is being made. */
type Receipt = { -readonly [K in keyof PublishReceipt]: PublishReceipt[K] };
