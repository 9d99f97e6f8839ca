import type { MqttError } from '../errors.js';
import type { QoS, SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '../packet/Packet.js';
import { type Call, answer } from './Call.js';
import { type Request, unexpectedAnswer } from './Request.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SubscriptionState } from './SubscriptionState.js';
import { WantedFilter } from './WantedFilter.js';

type Effects<R> = Pick<
  SessionEffects<never, R>,
  'send' | 'answered' | 'subscribed' | 'refused' | 'unsubscribed' | 'violation'
>;

/**
 * The filters that the application wants and those that the broker was told. Where they differ and the link is up, the
 * difference is sent: first connection, reconnection with and without a session, and changes made meanwhile are one.
 * Only filters marked dirty are compared, so that a message costs nothing here.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Subscriptions<R> {
  // for the session
  private readonly filters = new Map<string, WantedFilter<R>>();
  // for the connection
  private requests: Map<number, Request<R>> | undefined; // most of the time there is none
  private dirty: Set<WantedFilter<R>> | undefined; // made when a filter is marked

  constructor(private readonly effects: Effects<R>) {}

  /** Whether `reconcile` has something to do. */
  get unsettled(): boolean {
    return this.dirty !== undefined && this.dirty.size > 0;
  }

  /** Requests that the broker has not answered, and filters for whose next request somebody waits. */
  get pending(): number {
    let pending = 0;
    for (const { isReplaced } of this.requests?.values() ?? []) if (!isReplaced) pending++;
    for (const { calls } of this.filters.values()) if (calls.length > 0) pending++;
    return pending;
  }

  /** How many packet identifiers are in use here. */
  get requested(): number {
    return this.requests?.size ?? 0;
  }

  /** Whether a packet identifier is in use here. */
  has(packetId: number): boolean {
    return this.requests?.has(packetId) === true;
  }

  /** A listener comes to a filter. */
  listen(filter: string, qos: QoS): void {
    const wanted = this.open(filter);
    wanted.listeners[qos]++;
    // Only a new SUBSCRIBE makes the broker send the retained messages [MQTT-3.8.4-3]; to a shared one it sends none.
    if (wanted.told && !filter.startsWith('$share/')) wanted.renew = true;
  }

  /** A listener, who came with the same QoS, leaves a filter. */
  leave(filter: string, qos: QoS): void {
    const wanted = this.filters.get(filter);
    if (!wanted?.listeners[qos]) return;
    wanted.listeners[qos]--;
    this.mark(wanted);
    this.tidy(wanted); // while there is no connection nothing compares: what came and went must not pile up
  }

  /** The application subscribes to filters, whoever listens. */
  subscribe(filters: readonly string[], qos: QoS, token: R): void {
    const call: Call<R> = { is: 'subscribe', token, open: new Set(filters), grants: [] };
    for (const filter of call.open) {
      const wanted = this.open(filter);
      wanted.calls.push(call);
      wanted.durable = qos;
      wanted.renew = true;
    }
  }

  /** The application gives up what it subscribed to. Listeners keep their claims. */
  unsubscribe(filters: readonly string[], token: R): void {
    const call: Call<R> = { is: 'unsubscribe', token, open: new Set(filters), grants: [] };
    for (const filter of call.open) {
      const wanted = this.open(filter);
      wanted.calls.push(call);
      wanted.durable = undefined;
      // A persistent session may hold it from an earlier process.
      if (!wanted.told || wanted.told.state === 'refused') {
        wanted.told = { requested: 0, state: 'assumed' };
      }
    }
  }

  /** The connection is gone: what is unanswered is asked again on the next. */
  down(): void {
    for (const request of this.requests?.values() ?? []) this.askAnew(request);
    this.requests = undefined;
    this.dirty = undefined;
    for (const wanted of this.filters.values()) {
      if (wanted.told?.state === 'refused') wanted.told = undefined;
      this.tidy(wanted);
    }
  }

  /** The connection is there: everything is compared, against nothing if the broker has no session. */
  up(sessionPresent: boolean): void {
    for (const wanted of this.filters.values()) {
      if (!sessionPresent) wanted.told = undefined;
      this.mark(wanted);
    }
  }

  /**
   * Sends the difference between wanted and told: at most one SUBSCRIBE and one UNSUBSCRIBE.
   * @param freeId gives a packet identifier, or 0 if none is free: then nothing is sent until the next time
   */
  reconcile(freeId: () => number): void {
    const compared = this.dirty;
    if (!compared) return;
    const joined: WantedFilter<R>[] = [];
    const left: WantedFilter<R>[] = [];
    this.dirty = undefined;
    for (const wanted of compared) {
      const { qos, told, renew } = wanted;
      const isActive = told?.state === 'pending' || told?.state === 'granted';
      if (qos === undefined) wanted.forsake();
      if (qos !== undefined && (renew || !isActive || told.requested < qos)) joined.push(wanted);
      else if (qos === undefined && (isActive || told?.state === 'assumed')) left.push(wanted);
      else if (told?.state !== 'leaving') answer(this.effects, wanted.takeCalls(), wanted.filter, 'gone');
    }
    this.request(joined, freeId, (packetId) => {
      const subscriptions = joined.map(({ filter, qos }) => ({ filter, qos: qos! }));
      return { type: 'subscribe', packetId, subscriptions };
    });
    this.request(left, freeId, (packetId, filters) => ({ type: 'unsubscribe', packetId, filters }));
    for (const wanted of compared) this.tidy(wanted);
  }

  /** The broker answered a SUBSCRIBE. */
  suback({ packetId, reasonCodes }: SubackPacket): void {
    const request = this.requests?.get(packetId);
    if (!request) return; // a late answer, to a request that was repeated and answered
    const { packet, calls } = request;
    if (packet.type !== 'subscribe' || packet.subscriptions.length !== reasonCodes.length) {
      return this.effects.violation(unexpectedAnswer(packet, `SUBACK with ${reasonCodes.length} return codes`));
    }
    this.requests?.delete(packetId);
    packet.subscriptions.forEach(({ filter, qos: requested }, i) => {
      const granted = reasonCodes[i]!;
      const wanted = this.current(filter, packet);
      if (granted === 0x80) {
        if (wanted) this.refuse(wanted, requested);
        answer(this.effects, calls[i]!, filter, 'refused');
      } else {
        if (wanted) {
          wanted.told = { requested, granted, state: 'granted' };
          this.effects.subscribed(filter, requested, granted);
        }
        answer(this.effects, calls[i]!, filter, { filter, requested, granted });
      }
    });
  }

  /** The broker answered an UNSUBSCRIBE. */
  unsuback({ packetId }: UnsubackPacket): void {
    const request = this.requests?.get(packetId);
    if (!request) return;
    const { packet, filters, calls } = request;
    if (packet.type !== 'unsubscribe') return this.effects.violation(unexpectedAnswer(packet, 'UNSUBACK'));
    this.requests?.delete(packetId);
    filters.forEach((filter, i) => {
      const wanted = this.current(filter, packet);
      this.effects.unsubscribed(filter);
      answer(this.effects, calls[i]!, filter, 'gone');
      if (!wanted) return;
      wanted.told = undefined;
      if (wanted.qos === undefined) answer(this.effects, wanted.takeCalls(), filter, 'gone');
      this.tidy(wanted);
    });
  }

  /**
   * Asks again if there still is no answer: under the same identifier, unless something newer was said of a filter,
   * which the repetition would undo.
   */
  repeat(packet: SubscribePacket | UnsubscribePacket): void {
    const request = this.requests?.get(packet.packetId);
    if (request?.packet !== packet) return;
    if (request.filters.every((filter) => this.current(filter, packet))) this.effects.send(packet);
    else this.askAnew(request);
  }

  /**
   * Tells every call that waits that it failed, and takes all listeners out; a durable subscription that was never
   * granted is withdrawn with its call. Nothing is sent for it: at the next connection everything is compared.
   */
  abandon(error: MqttError): void {
    const calls = new Set([...this.filters.values()].flatMap((wanted) => wanted.takeCalls()));
    for (const request of this.requests?.values() ?? []) {
      for (const call of request.calls.flat()) calls.add(call);
      request.calls = request.filters.map(() => []);
    }
    for (const { listeners } of this.filters.values()) listeners.fill(0);
    for (const { is, open, token, grants } of calls) {
      for (const filter of is === 'subscribe' ? open : []) {
        const wanted = this.filters.get(filter);
        if (wanted && wanted.told?.granted === undefined) wanted.durable = undefined;
      }
      this.effects.answered(token, grants, error);
    }
  }

  /** How every filter stands that somebody wants, and then those that were refused. */
  snapshot(): ReadonlyMap<string, SubscriptionState> {
    const all = [...this.filters.values()];
    const refused = all.filter(({ told }) => told?.state === 'refused');
    const wanted = all.filter(({ qos, told }) => qos !== undefined && told?.state !== 'refused');
    return new Map([...wanted, ...refused].map((one) => [one.filter, one.standing]));
  }

  /** Nobody knows what the broker made of a request: its filters are compared again, and another takes its calls along. */
  private askAnew(request: Request<R>): void {
    request.filters.forEach((filter, i) => {
      const wanted = this.open(filter);
      const { told } = wanted;
      if (told?.packet === request.packet) {
        wanted.told = { requested: told.requested, granted: told.granted, state: 'assumed' };
      }
      for (const call of request.calls[i]!) {
        wanted.calls.push(call);
        if (wanted.qos !== undefined && call.is === 'subscribe') wanted.renew = true;
      }
    });
    request.calls = request.filters.map(() => []);
    request.isReplaced = true;
  }

  /** A filter that something happens to: it will be compared. */
  private open(filter: string): WantedFilter<R> {
    let wanted = this.filters.get(filter);
    if (!wanted) this.filters.set(filter, (wanted = new WantedFilter(filter)));
    this.mark(wanted);
    return wanted;
  }

  /** The filter, if a packet was the last that the broker was told of it. */
  private current(filter: string, packet: SubscribePacket | UnsubscribePacket): WantedFilter<R> | undefined {
    const wanted = this.filters.get(filter);
    return wanted?.told?.packet === packet ? wanted : undefined;
  }

  /** Forgets a filter of which there is nothing to remember. */
  private tidy(wanted: WantedFilter<R>): void {
    if (!wanted.isVoid) return;
    this.filters.delete(wanted.filter);
    this.dirty?.delete(wanted);
  }

  private mark(wanted: WantedFilter<R>): void {
    (this.dirty ??= new Set()).add(wanted);
  }

  /** Sends a request about some filters; without a free identifier they stay dirty. */
  private request(
    about: readonly WantedFilter<R>[],
    freeId: () => number,
    packetWith: (packetId: number, filters: readonly string[]) => SubscribePacket | UnsubscribePacket,
  ): void {
    const packetId = about.length > 0 ? freeId() : 0;
    if (packetId === 0) return about.forEach((wanted) => this.mark(wanted));
    const filters = about.map(({ filter }) => filter);
    const packet = packetWith(packetId, filters);
    for (const wanted of about) {
      const { qos, told } = wanted;
      wanted.told =
        qos === undefined
          ? { requested: 0, state: 'leaving', packet }
          : { requested: qos, granted: told?.granted, state: 'pending', packet };
      wanted.renew = false;
    }
    const calls = about.map((wanted) => wanted.takeCalls());
    (this.requests ??= new Map()).set(packetId, { packet, filters, calls });
    this.effects.send(packet);
  }

  /** Nobody has a claim any more; a call that came while the broker refused is refused with the rest. */
  private refuse(wanted: WantedFilter<R>, requested: QoS): void {
    const { filter } = wanted;
    const granted = wanted.told?.granted;
    // A broker that had granted it before may go on with that: then it must be told that nobody wants it any more.
    wanted.told = { requested, granted, state: granted === undefined ? 'refused' : 'assumed' };
    if (granted !== undefined) this.mark(wanted);
    wanted.forsake();
    this.effects.refused(filter);
    answer(this.effects, wanted.takeCalls(), filter, 'refused');
  }
}
