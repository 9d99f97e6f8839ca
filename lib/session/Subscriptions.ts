import type { MqttError } from '../errors.js';
import type {
  QoS,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
} from '../packet/Packet.js';
import { Calls } from './Calls.js';
import { Claim } from './Claim.js';
import { type Request, unexpectedAnswer } from './Request.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SubscriptionState } from './SubscriptionState.js';
import type { Told } from './Told.js';

type Effects<R> = Pick<
  SessionEffects<never, R>,
  'send' | 'answered' | 'subscribed' | 'refused' | 'unsubscribed' | 'violation'
>;

/**
 * The filters that the application wants and those that the broker was told. Where they differ and the link is up, the
 * difference is sent: first connection, reconnection with and without a session, and changes made meanwhile are one.
 *
 * Only filters marked dirty are compared, so that a message costs nothing here.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Subscriptions<R> {
  // for the session
  private readonly claims = new Map<string, Claim>();
  private readonly told = new Map<string, Told>();
  private readonly calls: Calls<R>;
  // for the connection
  private readonly requests = new Map<number, Request<R>>();
  private readonly dirty = new Set<string>();

  constructor(private readonly effects: Effects<R>) {
    this.calls = new Calls(effects);
  }

  /** Whether `reconcile` has something to do. */
  get unsettled(): boolean {
    return this.dirty.size > 0;
  }

  /** Requests that the broker has not answered, and calls that wait for the next one. */
  get pending(): number {
    return [...this.requests.values()].filter(({ isReplaced }) => !isReplaced).length + this.calls.size;
  }

  /** How many packet identifiers are in use here. */
  get requested(): number {
    return this.requests.size;
  }

  /** Whether a packet identifier is in use here. */
  has(packetId: number): boolean {
    return this.requests.has(packetId);
  }

  /** A listener comes to a filter. */
  listen(filter: string, qos: QoS): void {
    const claim = this.claim(filter);
    claim.listeners[qos]++;
    // Only a new SUBSCRIBE makes the broker send the retained messages [MQTT-3.8.4-3]; to a shared one it sends none.
    if (this.told.has(filter) && !filter.startsWith('$share/')) claim.renew = true;
    this.dirty.add(filter);
  }

  /** A listener, who came with the same QoS, leaves a filter. */
  leave(filter: string, qos: QoS): void {
    const claim = this.claims.get(filter);
    if (!claim) return;
    claim.listeners[qos]--;
    this.dirty.add(filter);
    // While there is no connection nothing compares: what came and went must not pile up.
    if (claim.qos === undefined && !this.told.has(filter) && !this.calls.has(filter)) {
      this.claims.delete(filter);
      this.dirty.delete(filter);
    }
  }

  /** The application subscribes to filters, whoever listens. */
  subscribe(filters: readonly string[], qos: QoS, token: R): void {
    for (const filter of this.calls.add('subscribe', filters, token).open) {
      const claim = this.claim(filter);
      claim.durable = qos;
      claim.renew = true;
      this.dirty.add(filter);
    }
  }

  /** The application gives up what it subscribed to. Listeners keep their claims. */
  unsubscribe(filters: readonly string[], token: R): void {
    for (const filter of this.calls.add('unsubscribe', filters, token).open) {
      const claim = this.claims.get(filter);
      if (claim) claim.durable = undefined;
      const told = this.told.get(filter);
      // A persistent session may hold it from an earlier process.
      if (!told || told.state === 'refused') this.told.set(filter, { requested: 0, granted: undefined, state: 'assumed' }); // prettier-ignore
      this.dirty.add(filter);
    }
  }

  /** The connection is gone: what is unanswered is asked again on the next. */
  down(): void {
    for (const request of this.requests.values()) this.askAnew(request);
    this.requests.clear();
    this.dirty.clear();
    for (const [filter, { state }] of this.told) if (state === 'refused') this.told.delete(filter);
  }

  /** The connection is there: everything is compared, against nothing if the broker has no session. */
  up(sessionPresent: boolean): void {
    if (!sessionPresent) this.told.clear();
    for (const filter of [...this.told.keys(), ...this.claims.keys(), ...this.calls.filters()]) this.dirty.add(filter);
  }

  /**
   * Sends the difference between wanted and told: at most one SUBSCRIBE and one UNSUBSCRIBE.
   * @param freeId gives a packet identifier, or 0 if none is free: then nothing is sent until the next time
   */
  reconcile(freeId: () => number): void {
    const joined: SubscriptionRequest[] = [];
    const left: string[] = [];
    for (const filter of this.dirty) {
      const claim = this.claims.get(filter);
      const qos = claim?.qos;
      const told = this.told.get(filter);
      const isActive = told?.state === 'pending' || told?.state === 'granted';
      if (claim && qos !== undefined) {
        if (claim.renew || !isActive || told.requested < qos) joined.push({ filter, qos });
        else this.calls.answer(this.calls.take(filter), filter, 'gone'); // given up, but listeners keep it
      } else {
        this.claims.delete(filter);
        if (isActive || told?.state === 'assumed') left.push(filter);
        else if (told?.state !== 'leaving') this.calls.answer(this.calls.take(filter), filter, 'gone');
      }
    }
    this.dirty.clear();
    this.join(joined, freeId);
    this.part(left, freeId);
  }

  /** The broker answered a SUBSCRIBE. */
  suback({ packetId, reasonCodes }: SubackPacket): void {
    const request = this.requests.get(packetId);
    if (!request) return; // a late answer, to a request that was repeated and answered
    const { packet, calls } = request;
    if (packet.type !== 'subscribe' || packet.subscriptions.length !== reasonCodes.length) {
      return this.effects.violation(unexpectedAnswer(packet, `SUBACK with ${reasonCodes.length} return codes`));
    }
    this.requests.delete(packetId);
    packet.subscriptions.forEach(({ filter, qos: requested }, i) => {
      const granted = reasonCodes[i]!;
      const isCurrent = this.told.get(filter)?.packet === packet;
      if (granted === 0x80) {
        if (isCurrent) this.refuse(filter, requested);
        this.calls.answer(calls[i]!, filter, 'refused');
      } else {
        if (isCurrent) {
          this.told.set(filter, { requested, granted, state: 'granted' });
          this.effects.subscribed(filter, requested, granted);
        }
        this.calls.answer(calls[i]!, filter, { filter, requested, granted });
      }
    });
  }

  /** The broker answered an UNSUBSCRIBE. */
  unsuback({ packetId }: UnsubackPacket): void {
    const request = this.requests.get(packetId);
    if (!request) return;
    const { packet, filters, calls } = request;
    if (packet.type !== 'unsubscribe') return this.effects.violation(unexpectedAnswer(packet, 'UNSUBACK'));
    this.requests.delete(packetId);
    filters.forEach((filter, i) => {
      const isCurrent = this.told.get(filter)?.packet === packet;
      if (isCurrent) this.told.delete(filter);
      this.effects.unsubscribed(filter);
      this.calls.answer(calls[i]!, filter, 'gone');
      if (isCurrent && !this.claims.has(filter)) this.calls.answer(this.calls.take(filter), filter, 'gone');
    });
  }

  /**
   * Asks again if there still is no answer: under the same identifier, unless something newer was said of a filter,
   * which the repetition would undo.
   */
  repeat(packet: SubscribePacket | UnsubscribePacket): void {
    const request = this.requests.get(packet.packetId);
    if (request?.packet !== packet) return;
    if (request.filters.every((filter) => this.told.get(filter)?.packet === packet)) this.effects.send(packet);
    else this.askAnew(request);
  }

  /**
   * Tells every call that waits that it failed, and takes all listeners out; a durable subscription that was never
   * granted is withdrawn with its call. Nothing is sent for it: at the next connection everything is compared.
   */
  abandon(error: MqttError): void {
    const calls = new Set(this.calls.takeAll());
    for (const request of this.requests.values()) {
      for (const call of request.calls.flat()) calls.add(call);
      request.calls = request.filters.map(() => []);
    }
    for (const { listeners } of this.claims.values()) listeners.fill(0);
    for (const call of calls) {
      for (const filter of call.is === 'subscribe' ? call.open : []) {
        const claim = this.claims.get(filter);
        if (claim && this.told.get(filter)?.granted === undefined) claim.durable = undefined;
      }
      this.calls.fail(call, error);
    }
  }

  /** How every filter stands that somebody wants, or that was refused. */
  snapshot(): ReadonlyMap<string, SubscriptionState> {
    const states = new Map<string, SubscriptionState>();
    for (const [filter, { qos: requested }] of this.claims) {
      if (requested !== undefined) states.set(filter, { filter, requested, state: 'pending' });
    }
    for (const [filter, { requested, granted, state }] of this.told) {
      if (state === 'refused') states.set(filter, { filter, requested, state });
      else if (state === 'granted' && states.has(filter)) {
        states.set(filter, { filter, requested, granted: granted!, state });
      }
    }
    return states;
  }

  /** Nobody knows what the broker made of a request: its filters are compared again, and another takes its calls along. */
  private askAnew(request: Request<R>): void {
    request.filters.forEach((filter, i) => {
      const told = this.told.get(filter);
      if (told?.packet === request.packet) {
        this.told.set(filter, { requested: told.requested, granted: told.granted, state: 'assumed' });
      }
      const claim = this.claims.get(filter);
      for (const call of request.calls[i]!) {
        this.calls.wait(filter, call);
        if (claim && call.is === 'subscribe') claim.renew = true;
      }
      this.dirty.add(filter);
    });
    request.calls = request.filters.map(() => []);
    request.isReplaced = true;
  }

  private claim(filter: string): Claim {
    let claim = this.claims.get(filter);
    if (!claim) this.claims.set(filter, (claim = new Claim()));
    return claim;
  }

  private join(subscriptions: readonly SubscriptionRequest[], freeId: () => number): void {
    const filters = subscriptions.map(({ filter }) => filter);
    const packetId = this.takeId(filters, freeId);
    if (packetId === 0) return;
    const packet = { type: 'subscribe', packetId, subscriptions } as const;
    for (const { filter, qos: requested } of subscriptions) {
      this.told.set(filter, { requested, granted: this.told.get(filter)?.granted, state: 'pending', packet });
      this.claim(filter).renew = false;
    }
    this.request(packet, filters);
  }

  private part(filters: readonly string[], freeId: () => number): void {
    const packetId = this.takeId(filters, freeId);
    if (packetId === 0) return;
    const packet = { type: 'unsubscribe', packetId, filters } as const;
    for (const filter of filters) this.told.set(filter, { requested: 0, granted: undefined, state: 'leaving', packet });
    this.request(packet, filters);
  }

  /** An identifier for a request about some filters; without one they stay dirty. */
  private takeId(filters: readonly string[], freeId: () => number): number {
    const packetId = filters.length > 0 ? freeId() : 0;
    if (packetId === 0) for (const filter of filters) this.dirty.add(filter);
    return packetId;
  }

  private request(packet: SubscribePacket | UnsubscribePacket, filters: readonly string[]): void {
    this.requests.set(packet.packetId, { packet, filters, calls: filters.map((filter) => this.calls.take(filter)) });
    this.effects.send(packet);
  }

  /** Nobody has a claim any more; a call that came while the broker refused is refused with the rest. */
  private refuse(filter: string, requested: QoS): void {
    const granted = this.told.get(filter)?.granted;
    // A broker that had granted it before may go on with that: then it must be told that nobody wants it any more.
    this.told.set(filter, { requested, granted, state: granted === undefined ? 'refused' : 'assumed' });
    if (granted !== undefined) this.dirty.add(filter);
    this.claims.delete(filter);
    this.effects.refused(filter);
    this.calls.answer(this.calls.take(filter), filter, 'refused');
  }
}
