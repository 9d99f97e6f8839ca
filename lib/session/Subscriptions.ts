import { type MqttError, ProtocolError, SubscriptionRefusedError } from '../errors.js';
import type { QoS, SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '../packet/Packet.js';
import type { Grant } from './Grant.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SubscriptionState } from './SubscriptionState.js';

/** What the application wants of a filter: how many listeners at each QoS, and the durable subscription. */
interface Claim {
  readonly listeners: [number, number, number];
  durable: QoS | undefined;
  /** Subscribe although the broker knows the filter: somebody waits for the retained messages or for the SUBACK. */
  renew: boolean;
}

/** What the broker was last told of a filter, and what it made of it. */
interface Told {
  readonly requested: QoS;
  readonly granted?: QoS;
  readonly state: 'pending' | 'granted' | 'refused' | 'leaving';
  /** The packet that told it: an answer to an older one says nothing about the present. */
  readonly packet?: SubscribePacket | UnsubscribePacket;
}

/** A `subscribe` or `unsubscribe` of the application, which may cover several filters. */
interface Call<R> {
  readonly token: R;
  readonly open: Set<string>;
  readonly grants: Grant[];
  refused?: string;
}

/** A SUBSCRIBE or UNSUBSCRIBE without an answer, and who waits for it, filter by filter. */
interface Request<R> {
  readonly packet: SubscribePacket | UnsubscribePacket;
  readonly calls: readonly (readonly Call<R>[] | undefined)[];
}

type Effects<R> = Pick<
  SessionEffects<never, R>,
  'send' | 'answered' | 'subscribed' | 'refused' | 'unsubscribed' | 'violation'
>;

/**
 * The filters that the application wants and those that the broker was told. Where they differ and the link is up, the
 * difference is sent: first connection, reconnection with and without a session, and changes made meanwhile are one.
 *
 * Only filters marked dirty are compared, so that a message costs nothing here.
 */
export class Subscriptions<R> {
  // for the session
  private readonly claims = new Map<string, Claim>();
  private readonly told = new Map<string, Told>();
  private readonly waiting = new Map<string, Call<R>[]>();
  // for the connection
  private readonly requests = new Map<number, Request<R>>();
  private readonly dirty = new Set<string>();

  constructor(private readonly effects: Effects<R>) {}

  /** Whether `reconcile` has something to do. */
  get unsettled(): boolean {
    return this.dirty.size > 0;
  }

  /** Requests that the broker has not answered, and calls that wait for the next one. */
  get pending(): number {
    return this.requests.size + this.waiting.size;
  }

  /** How many packet identifiers are in use here. */
  get requested(): number {
    return this.requests.size;
  }

  has(packetId: number): boolean {
    return this.requests.has(packetId);
  }

  listen(filter: string, qos: QoS): void {
    const claim = this.claim(filter);
    claim.listeners[qos]++;
    // Only a new SUBSCRIBE makes the broker send the retained messages [MQTT-3.8.4-3]; to a shared one it sends none.
    if (this.told.has(filter) && !filter.startsWith('$share/')) claim.renew = true;
    this.dirty.add(filter);
  }

  leave(filter: string, qos: QoS): void {
    const claim = this.claims.get(filter);
    if (!claim) return;
    claim.listeners[qos]--;
    this.dirty.add(filter);
  }

  subscribe(filters: readonly string[], qos: QoS, token: R): void {
    const call = this.call(filters, token);
    for (const filter of call.open) {
      const claim = this.claim(filter);
      claim.durable = qos;
      claim.renew = true;
    }
  }

  unsubscribe(filters: readonly string[], token: R): void {
    for (const filter of this.call(filters, token).open) {
      const claim = this.claims.get(filter);
      if (claim) claim.durable = undefined;
      // A persistent session may hold it from an earlier process: assume so, and say it.
      const told = this.told.get(filter);
      if (!told || told.state === 'refused') this.told.set(filter, { requested: 0, state: 'granted' });
    }
  }

  /** The connection is gone: what is unanswered is asked again on the next. */
  down(): void {
    for (const { packet, calls } of this.requests.values()) {
      filtersOf(packet).forEach((filter, i) => {
        for (const call of calls[i] ?? []) this.wait(filter, call);
      });
    }
    this.requests.clear();
    this.dirty.clear();
    for (const [filter, told] of this.told) {
      if (told.state === 'refused') this.told.delete(filter);
      else if (told.state === 'pending') this.renew(filter);
      else if (told.state === 'leaving') this.told.set(filter, { requested: told.requested, state: 'granted' });
    }
  }

  /** The connection is there: everything is compared, against nothing if the broker has no session. */
  up(sessionPresent: boolean): void {
    if (!sessionPresent) this.told.clear();
    for (const filters of [this.told, this.claims, this.waiting])
      for (const filter of filters.keys()) this.dirty.add(filter);
  }

  /**
   * Sends the difference between wanted and told: at most one SUBSCRIBE and one UNSUBSCRIBE.
   * @param freeId gives a packet identifier, or 0 if none is free: then nothing is sent until the next time
   */
  reconcile(freeId: () => number): void {
    const joined: { filter: string; qos: QoS }[] = [];
    const left: string[] = [];
    for (const filter of this.dirty) {
      const claim = this.claims.get(filter);
      const qos = claim && highest(claim);
      const told = this.told.get(filter);
      const active = told?.state === 'pending' || told?.state === 'granted';
      if (claim && qos !== undefined) {
        if (claim.renew || !active || told.requested < qos) joined.push({ filter, qos });
        else this.finish(this.takeWaiting(filter), filter);
      } else {
        this.claims.delete(filter);
        if (active) left.push(filter);
        else this.finish(this.takeWaiting(filter), filter);
      }
    }
    this.dirty.clear();
    this.request(joined, freeId, (packetId) => ({ type: 'subscribe', packetId, subscriptions: joined }));
    this.request(left.map((filter) => ({ filter })), freeId, (packetId) => ({ type: 'unsubscribe', packetId, filters: left })); // prettier-ignore
  }

  suback(packet: SubackPacket): void {
    const request = this.requests.get(packet.packetId);
    if (!request) return; // a late answer, to a request that was repeated and answered
    const { subscriptions } = request.packet as SubscribePacket;
    if (request.packet.type !== 'subscribe' || subscriptions.length !== packet.reasonCodes.length) {
      return this.effects.violation(
        answerError(request.packet, `SUBACK with ${packet.reasonCodes.length} return codes`),
      );
    }
    this.requests.delete(packet.packetId);
    subscriptions.forEach(({ filter, qos: requested }, i) => {
      const granted = packet.reasonCodes[i]!;
      const current = this.told.get(filter)?.packet === request.packet;
      if (granted === 0x80) {
        if (current) this.refuse(filter, requested);
        for (const call of request.calls[i] ?? []) call.refused ??= filter;
        this.finish(request.calls[i], filter);
      } else {
        if (current) this.told.set(filter, { requested, granted, state: 'granted' });
        if (current) this.effects.subscribed(filter, requested, granted);
        this.finish(request.calls[i], filter, { filter, requested, granted });
      }
    });
  }

  unsuback(packet: UnsubackPacket): void {
    const request = this.requests.get(packet.packetId);
    if (!request) return;
    if (request.packet.type !== 'unsubscribe') {
      return this.effects.violation(answerError(request.packet, 'UNSUBACK'));
    }
    this.requests.delete(packet.packetId);
    request.packet.filters.forEach((filter, i) => {
      if (this.told.get(filter)?.packet === request.packet) this.told.delete(filter);
      this.effects.unsubscribed(filter);
      this.finish(request.calls[i], filter);
    });
  }

  /** Asks again, under the same identifier [MQTT-2.3.1-3], if there still is no answer. */
  repeat(packet: SubscribePacket | UnsubscribePacket): void {
    if (this.requests.get(packet.packetId)?.packet === packet) this.effects.send(packet);
  }

  /** Tells every call that waits that it failed; a durable subscription that was never answered is withdrawn with it. */
  abandon(error: MqttError): void {
    this.down();
    const calls = new Set([...this.waiting.values()].flat());
    this.waiting.clear();
    for (const call of calls) {
      for (const filter of call.open) {
        const claim = this.claims.get(filter);
        if (claim && !this.told.has(filter)) claim.durable = undefined;
        this.dirty.add(filter);
      }
      this.effects.answered(call.token, call.grants, error);
    }
  }

  /** How every filter stands that somebody wants, or that was refused. */
  snapshot(): ReadonlyMap<string, SubscriptionState> {
    const states = new Map<string, SubscriptionState>();
    for (const [filter, claim] of this.claims) {
      const requested = highest(claim);
      if (requested !== undefined) states.set(filter, { filter, requested, state: 'pending' });
    }
    for (const [filter, { requested, granted, state }] of this.told) {
      if (state === 'refused') states.set(filter, { filter, requested, state });
      else if (state === 'granted' && granted !== undefined && states.has(filter)) {
        states.set(filter, { filter, requested, granted, state });
      }
    }
    return states;
  }

  private claim(filter: string): Claim {
    let claim = this.claims.get(filter);
    if (!claim) this.claims.set(filter, (claim = { listeners: [0, 0, 0], durable: undefined, renew: false }));
    return claim;
  }

  private renew(filter: string): void {
    const claim = this.claims.get(filter);
    if (claim) claim.renew = true;
  }

  private call(filters: readonly string[], token: R): Call<R> {
    const call: Call<R> = { token, open: new Set(filters), grants: [] };
    for (const filter of call.open) {
      this.wait(filter, call);
      this.dirty.add(filter);
    }
    return call;
  }

  private wait(filter: string, call: Call<R>): void {
    const calls = this.waiting.get(filter);
    if (calls) calls.push(call);
    else this.waiting.set(filter, [call]);
  }

  private takeWaiting(filter: string): Call<R>[] | undefined {
    const calls = this.waiting.get(filter);
    this.waiting.delete(filter);
    return calls;
  }

  private request(
    filters: readonly { filter: string; qos?: QoS }[],
    freeId: () => number,
    make: (packetId: number) => SubscribePacket | UnsubscribePacket,
  ): void {
    if (filters.length === 0) return;
    const packetId = freeId();
    if (packetId === 0) {
      for (const { filter } of filters) this.dirty.add(filter);
      return;
    }
    const packet = make(packetId);
    this.requests.set(packetId, { packet, calls: filters.map(({ filter }) => this.takeWaiting(filter)) });
    for (const { filter, qos } of filters) {
      const requested = qos ?? this.told.get(filter)?.requested ?? 0;
      this.told.set(filter, { requested, state: qos === undefined ? 'leaving' : 'pending', packet });
      const claim = this.claims.get(filter);
      if (claim) claim.renew = false;
    }
    this.effects.send(packet);
  }

  private refuse(filter: string, requested: QoS): void {
    this.told.set(filter, { requested, state: 'refused' });
    this.claims.delete(filter);
    this.effects.refused(filter);
  }

  private finish(calls: readonly Call<R>[] | undefined, filter: string, grant?: Grant): void {
    for (const call of calls ?? []) {
      call.open.delete(filter);
      if (grant) call.grants.push(grant);
      if (call.open.size > 0) continue;
      const error = call.refused === undefined ? undefined : new SubscriptionRefusedError(call.refused);
      this.effects.answered(call.token, call.grants, error);
    }
  }
}

function highest({ listeners, durable }: Claim): QoS | undefined {
  for (const qos of [2, 1, 0] as const) if (listeners[qos] > 0 || durable === qos) return qos;
  return undefined;
}

function filtersOf(packet: SubscribePacket | UnsubscribePacket): readonly string[] {
  return packet.type === 'subscribe' ? packet.subscriptions.map(({ filter }) => filter) : packet.filters;
}

function answerError(packet: SubscribePacket | UnsubscribePacket, came: string): ProtocolError {
  const expected = packet.type === 'subscribe' ? `SUBACK with ${packet.subscriptions.length} return codes` : 'UNSUBACK';
  return new ProtocolError(
    `expected ${expected} for packet identifier ${packet.packetId}, got ${came}`,
    packet.type === 'subscribe' ? 'MQTT-3.8.4-5' : 'MQTT-3.10.4-5',
  );
}
