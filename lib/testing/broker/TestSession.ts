import { type Subscription, asyncScheduler } from 'rxjs';
import type { PublishPacket, QoS, SubscriptionRequest } from '../../codec.js';
import { type BrokerMessage, isExpired, propertiesNow } from './BrokerMessage.js';
import type { Wire } from './Wire.js';

/** A subscription of a session. */
export interface HeldSubscription extends SubscriptionRequest {
  /** The filter without `$share/<group>/`. */
  readonly inner: string;
  /** `$share/<group>`, if it is shared. */
  readonly group: string | undefined;
  readonly subscriptionIdentifier: number | undefined;
}

/** A message for one session. */
export interface Delivery {
  readonly message: BrokerMessage;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Identifiers of the subscriptions that it comes from. */
  readonly identifiers: readonly number[];
}

/** A QoS 1 or 2 message on its way to the client. */
interface InFlight extends Delivery {
  /** Whether it has been sent on any connection, … */
  wasSent: boolean;
  /** … and on this one. */
  isOnWire: boolean;
  /** Whether PUBREC has come. */
  isReceived: boolean;
}

/** A QoS 1 or 2 message of the client whose last acknowledgement has not left. */
interface Incoming {
  readonly qos: QoS;
  /** Its place among all that came. */
  readonly order: number;
  /** Whether PUBREC has left: PUBREL is what must come. */
  isReceived: boolean;
}

/** What the broker knows of one client identifier. It may outlive its connections. */
export class TestSession {
  readonly subscriptions = new Map<string, HeldSubscription>();
  /** Messages on their way to the client, in order, by packet identifier. */
  readonly inFlight = new Map<number, InFlight>();
  /** By packet identifier. */
  readonly incoming = new Map<number, Incoming>();
  /** How many of them there were so far. */
  received = 0;
  /** The identifiers of those that the client must send again on its new connection, and has not yet. */
  readonly owed = new Set<number>();
  connection: Wire | undefined;
  /** Seconds that it lives after its connection. */
  expiry = 0;
  /** The will that waits for its delay, and what publishes it when the session ends before. */
  will: { readonly timer: Subscription; readonly publish: () => void } | undefined;
  private leftAt = 0;
  private queue: Delivery[] = [];
  private lastId = 0;
  /** How many in flight were sent on this connection. */
  private onWire = 0;

  constructor(readonly clientId: string) {}

  /** Whether it has outlived its expiry interval [MQTT5-3.1.2-23]. */
  get isOver(): boolean {
    return !this.connection && this.leftAt + this.expiry * 1_000 <= asyncScheduler.now();
  }

  /** Its connection is gone. */
  leave(): void {
    this.connection = undefined;
    this.leftAt = asyncScheduler.now();
  }

  /** It has a connection: everything unacknowledged is sent again, in order [MQTT-4.4.0-1], before what waits. */
  resume(connection: Wire): void {
    this.connection = connection;
    this.onWire = 0;
    for (const entry of this.inFlight.values()) entry.isOnWire = false;
    for (const [packetId, { isReceived }] of this.incoming) if (!isReceived) this.owed.add(packetId);
    this.pump();
  }

  /** Sends a message, or keeps it until it can be sent. QoS 0 is not kept for one who is away. */
  deliver(delivery: Delivery): void {
    if (delivery.qos === 0) return void this.connection?.publish(packetOf(delivery, 0, false));
    this.queue.push(delivery);
    this.pump();
  }

  /** The last acknowledgement of a message came. */
  settle(packetId: number): void {
    this.forget(packetId);
    this.pump();
  }

  /** Sends what the client's Receive Maximum allows. */
  private pump(): void {
    const { connection } = this;
    if (!connection) return;
    const mayGoOn = () => this.connection === connection && this.onWire < connection.receiveMaximum;
    if (this.onWire < this.inFlight.size) {
      for (const [packetId, entry] of this.inFlight) {
        if (mayGoOn() && !entry.isOnWire) this.send(connection, packetId, entry);
      }
    }
    while (this.queue.length > 0 && mayGoOn()) {
      const entry = { ...this.queue.shift()!, wasSent: false, isOnWire: false, isReceived: false };
      if (isExpired(entry.message)) continue;
      const packetId = this.nextId();
      this.inFlight.set(packetId, entry);
      this.send(connection, packetId, entry);
    }
  }

  private send(connection: Wire, packetId: number, entry: InFlight): void {
    const { wasSent, isReceived } = entry;
    entry.isOnWire = entry.wasSent = true;
    this.onWire++;
    if (isReceived) return connection.send({ type: 'pubrel', packetId });
    // What is too large for the client is done with, as if it had been sent [MQTT5-3.1.2-25].
    if (!connection.publish(packetOf(entry, packetId, wasSent))) this.forget(packetId);
  }

  private forget(packetId: number): void {
    if (this.inFlight.get(packetId)?.isOnWire) this.onWire--;
    this.inFlight.delete(packetId);
  }

  private nextId(): number {
    do this.lastId = (this.lastId % 0xffff) + 1;
    while (this.inFlight.has(this.lastId));
    return this.lastId;
  }
}

function packetOf(delivery: Delivery, packetId: number, dup: boolean): PublishPacket {
  const { message, qos, retain, identifiers } = delivery;
  const subscriptionIdentifiers = identifiers.length > 0 ? identifiers : undefined;
  const properties = { ...propertiesNow(message), subscriptionIdentifiers };
  return { type: 'publish', topic: message.topic, payload: message.payload, qos, retain, dup, packetId, properties };
}
