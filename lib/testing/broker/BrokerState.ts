import type { SubscriptionRequest } from '../../codec.js';
import { matches } from '../../everywhere.js';
import { type BrokerMessage, isExpired } from './BrokerMessage.js';
import { PublishedMessage } from './PublishedMessage.js';
import type { TestAcknowledgement } from './TestBroker.js';
import { type Delivery, type HeldSubscription, TestSession } from './TestSession.js';

const SHARED = /^(\$share\/[^/]+)\/(.*)$/s;

/** What outlives connections: sessions, retained messages, and what was published. */
export class BrokerState {
  readonly log: PublishedMessage[] = [];
  readonly acknowledgements: TestAcknowledgement[] = [];
  private readonly known = new Map<string, TestSession>();
  private readonly retained = new Map<string, BrokerMessage>();
  /** How often each group was asked for a member. */
  private readonly turns = new Map<string, number>();
  /** Deliveries that wait until the one before is through: who publishes within `next` must not overtake it. */
  private readonly waiting: (() => void)[] = [];
  private isDelivering = false;

  /**
   * @param retains whether retained messages are kept
   * @param published called with each message that a client publishes
   */
  constructor(
    private readonly retains: boolean,
    private readonly published: (message: PublishedMessage) => void,
  ) {}

  /** The sessions there are. Those that are over go here; no timer is needed for that. */
  sessions(): TestSession[] {
    for (const session of this.known.values()) if (session.isOver) this.end(session);
    return [...this.known.values()];
  }

  /** The session of a client, a new one if it has none. */
  session(clientId: string, cleanStart: boolean): { readonly session: TestSession; readonly isPresent: boolean } {
    const old = this.sessions().find((one) => one.clientId === clientId);
    if (old && !cleanStart) return { session: old, isPresent: true };
    if (old) this.end(old);
    const session = new TestSession(clientId);
    this.known.set(clientId, session);
    return { session, isPresent: false };
  }

  /** Forgets a session; with it a will's delay is over [MQTT5-3.1.3-9]. */
  end(session: TestSession): void {
    if (this.known.get(session.clientId) === session) this.known.delete(session.clientId);
    session.will?.publish();
  }

  /** As a restart does. */
  restart(isKept: boolean): void {
    for (const session of this.known.values()) {
      session.will?.timer.unsubscribe();
      session.will = undefined;
      if (!isKept || session.expiry === 0) this.known.delete(session.clientId);
    }
    if (!isKept) this.retained.clear();
  }

  /** Takes down what a client publishes, and routes it. @returns how many get it */
  receive(message: BrokerMessage, clientId: string, isWill = false): number {
    const seen = new PublishedMessage({ ...message, clientId, isWill });
    this.log.push(seen);
    const count = this.route(message);
    this.published(seen);
    return count;
  }

  /** Passes a message on, and keeps it if it is retained [MQTT-3.3.1-5]. @returns how many sessions get it */
  route(message: BrokerMessage): number {
    if (message.retain && this.retains) {
      if (message.payload.length > 0) this.retained.set(message.topic, message);
      else this.retained.delete(message.topic); // [MQTT-3.3.1-10]
    }
    const targets = this.targets(message);
    this.waiting.push(() => {
      for (const [session, delivery] of targets) session.deliver(delivery);
    });
    if (this.isDelivering) return targets.length;
    this.isDelivering = true;
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) next();
    } finally {
      this.isDelivering = false;
    }
    return targets.length;
  }

  /** Adds a subscription to a session, or replaces it [MQTT-3.8.4-3]. @returns the retained messages that it asks for */
  subscribe(session: TestSession, request: SubscriptionRequest, subscriptionIdentifier?: number): Delivery[] {
    const [, group, inner = request.filter] = SHARED.exec(request.filter) ?? [];
    const isNew = !session.subscriptions.has(request.filter);
    const { retainHandling = 0 } = request;
    const subscription: HeldSubscription = { ...request, inner, group, subscriptionIdentifier };
    session.subscriptions.set(request.filter, subscription);
    if (group !== undefined || retainHandling === 2 || (retainHandling === 1 && !isNew)) return [];
    return [...this.retained.values()]
      .filter((message) => !isExpired(message) && matches(inner, message.topic))
      .map((message) => deliveryOf(message, [subscription], true));
  }

  /** Who gets a message: each session once, at the highest QoS of its subscriptions [MQTT-3.3.5-1], a group one of its members. */
  private targets(message: BrokerMessage): [TestSession, Delivery][] {
    const groups = new Map<string, [TestSession, HeldSubscription][]>();
    const targets: [TestSession, Delivery][] = [];
    for (const session of this.sessions()) {
      const ours: HeldSubscription[] = [];
      for (const one of session.subscriptions.values()) {
        if (!matches(one.inner, message.topic)) continue;
        if (one.group !== undefined) put(groups, one.filter, [session, one]);
        else if (!one.noLocal || message.from !== session.clientId) ours.push(one);
      }
      if (ours.length > 0) targets.push([session, deliveryOf(message, ours, false)]);
    }
    for (const [filter, members] of groups) {
      const present = members.filter(([session]) => session.connection);
      const turn = this.turns.get(filter) ?? 0;
      this.turns.set(filter, turn + 1);
      const among = present.length > 0 ? present : members;
      const [session, one] = among[turn % among.length]!;
      targets.push([session, deliveryOf(message, [one], false)]);
    }
    return targets;
  }
}

function deliveryOf(message: BrokerMessage, subscriptions: readonly HeldSubscription[], isRetained: boolean): Delivery {
  const granted = Math.max(...subscriptions.map(({ qos }) => qos));
  return {
    message,
    qos: Math.min(message.qos, granted) as Delivery['qos'],
    retain: isRetained || (message.retain && subscriptions.some((one) => one.retainAsPublished)),
    identifiers: subscriptions.flatMap(({ subscriptionIdentifier: id }) => (id === undefined ? [] : [id])),
  };
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
