import type { Observable, Subscription } from 'rxjs';
import type { ConnectPacket, PacketType, PublishProperties, QoS, SubscriptionRequest } from '../../codec.js';
import type { Transport } from '../../everywhere.js';
import type { PublishedMessage } from './PublishedMessage.js';

/** Options of `TestBroker.publish`. */
export interface TestPublishOptions {
  /** Default 0. A subscription gets the lower of this and what it was granted [MQTT-3.8.4-6]. */
  readonly qos?: QoS | undefined;
  /** Whether it is kept for those who come later. Default `false`. */
  readonly retain?: boolean | undefined;
  /** For clients of MQTT 5; with 3.1.1 only `messageExpiryInterval` has an effect. */
  readonly properties?: Omit<PublishProperties, 'topicAlias' | 'subscriptionIdentifiers'> | undefined;
}

/** A subscription that the broker holds; `qos` is what it was granted. */
export interface TestSubscription extends SubscriptionRequest {
  readonly clientId: string;
  readonly subscriptionIdentifier?: number | undefined;
}

/** How a client acknowledged a QoS 1 or 2 message. */
export interface TestAcknowledgement {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** 0; from 0x80 on the client refuses the message, which needs MQTT 5. */
  readonly reasonCode: number;
}

/** Packets that a broker sends, and that can be held back. */
export type HeldPacket = Exclude<PacketType, 'connect' | 'subscribe' | 'unsubscribe' | 'pingreq'>;

/**
 * A broker in memory, for tests. It is a `Transport`: `createClient(broker)` connects, subscribing dials.
 *
 * It does everything at once, within the write that asks for it. Time is RxJS time: it passes as `TestScheduler` or fake
 * timers say. A timer runs only for what waits: a connection with a keep-alive, a will with a delay, a packet with a delay.
 *
 * Faults last until their Subscription is unsubscribed.
 */
export interface TestBroker extends Transport {
  /** Publishes a message to all who have subscribed, as if another client had. */
  publish(topic: string, payload?: string | Uint8Array, options?: TestPublishOptions): void;
  /** What clients have published so far, in order, wills included; with a topic filter, what it matches. */
  published(filter?: string): PublishedMessage[];
  /** What clients publish from now on, wills included. Hot; never ends. */
  readonly published$: Observable<PublishedMessage>;
  /**
   * The QoS 1 and 2 messages that clients are done with so far, in order: with PUBACK, PUBCOMP, or a PUBREC that refuses;
   * with a topic filter, those that it matches.
   */
  acknowledged(filter?: string): TestAcknowledgement[];
  /** The CONNECT of each client that is connected; with the client identifier that was assigned, if one was. */
  readonly clients: readonly ConnectPacket[];
  /** The subscriptions of all sessions, connected or not. */
  readonly subscriptions: readonly TestSubscription[];

  /** Breaks the connections, or that of one client: their streams error. The wills are published. */
  drop(clientId?: string): void;
  /**
   * From now on no packet comes through on the connections there are, or on that of one client, and neither end is told.
   * New connections are not affected. The keep-alive is what finds out, on both sides.
   */
  halfOpen(clientId?: string): void;
  /**
   * Closes the connections, or that of one client, in good order and without a word: their streams complete. The wills are
   * published.
   */
  hangUp(clientId?: string): void;
  /**
   * Says DISCONNECT with a reason code of MQTT 5, and closes the connections, or that of one client; with 3.1.1, which has
   * no such packet, it only closes. The wills are published. 0x9C and 0x9D, another server, come with `serverReference`.
   */
  disconnect(reasonCode: number, clientId?: string): void;
  /** Sends bytes, whatever they mean, on the connections, or on that of one client. */
  malformed(bytes: Uint8Array, clientId?: string): void;
  /**
   * Breaks all connections, as the end of its process would; no will is published. By default it has then lost everything:
   * sessions, retained messages, wills. `keepSessions: true`: it finds them on its disk.
   */
  restart(options?: { readonly keepSessions?: boolean | undefined }): void;
  /** Breaks all connections, and lets nobody dial: dialling fails with a `ConnectionFailedError`. */
  unreachable(): Subscription;
  /**
   * Leaves dials without an answer, as a firewall does that drops packets. They are answered when this is unsubscribed, if
   * the client still waits. Open connections stay: `drop()` breaks them.
   */
  hang(): Subscription;
  /**
   * Refuses topics: SUBSCRIBE with `reasonCode` (3.1.1: 0x80), and PUBLISH; with 3.1.1, which cannot say so, a message is
   * acknowledged and thrown away. The default reason code is 0x87, not authorized.
   */
  refuse(filter: string, reasonCode?: number): Subscription;
  /**
   * Refuses to connect with a reason code of MQTT 5; with 3.1.1 it is the return code that says the same, or 3, server
   * unavailable.
   *
   * @param times how many CONNECTs; default: until the Subscription is unsubscribed
   */
  refuseConnect(reasonCode: number, times?: number): Subscription;
  /** Holds back what it would send, by type. Behind CONNACK everything waits. Unsubscribing releases these types. */
  hold(...types: HeldPacket[]): Subscription;
  /** Sends what was held back, in order, and holds back no more; all types if none is named. */
  release(...types: HeldPacket[]): void;
  /** Whatever it sends arrives that many milliseconds later, in order. */
  delay(milliseconds: number): Subscription;

  /**
   * Resolves when what is on its way has arrived and clients have answered: once nothing was sent for a number of
   * microtasks. No timer: it works with fake ones. In `TestScheduler` and `fakeAsync` time does that by itself.
   */
  settled(): Promise<void>;
  /**
   * Throws unless everything is in order: what a client did against the protocol, messages that a client has not
   * acknowledged or released, answers that are held back, connected clients that are still subscribed. Best called when
   * the clients have ended, after each test.
   *
   * @throws {Error} that says all of it, one line each
   */
  verify(): void;
}
