import type { MqttError, ProtocolError } from '../errors.js';
import type { QoS, SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '../packet/Packet.js';
import { isTopicName } from '../topic/isTopicName.js';
import type { Call } from './Call.js';
import { USUAL } from './Delivery.js';
import { FilterOutcomes } from './FilterOutcomes.js';
import { type Request, Requests } from './Requests.js';
import type { ServerLimits } from './ServerLimits.js';
import type { SubscriptionEffects } from './SubscriptionEffects.js';
import type { SubscriptionIds } from './SubscriptionIds.js';
import type { WantedFilter } from './WantedFilter.js';
import { WantedFilters } from './WantedFilters.js';
import { batches } from './batches.js';
import { filterRefusal, sizeRefusal } from './filterRefusal.js';
import { refusalOf } from './refusalOf.js';

/** What a reconciliation may use. */
export interface Allowance {
  /** Gives a packet identifier, or 0 if none is free: then nothing more is sent until the next time. */
  readonly freeId: () => number;
  /** Whether a filter may be subscribed now: a suspect may have to wait. */
  admits(filter: string): boolean;
  /** What the server of this connection takes. */
  readonly limits: ServerLimits;
}

/**
 * The filters that the application wants and those that the server was told. Where they differ and there is a connection,
 * the difference is sent: first connection, reconnection with and without a session, and changes made meanwhile are one
 * thing. Only filters marked dirty are compared, so that a message costs nothing here.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Subscriptions<R> {
  // for the session
  readonly filters = new WantedFilters<R>();
  private readonly outcomes: FilterOutcomes<R>;
  // for the connection
  private readonly requests = new Requests<R>();

  /** @param batch the most topic filters of one packet */
  constructor(
    private readonly effects: SubscriptionEffects<R>,
    private readonly identifiers: SubscriptionIds,
    private readonly batch = Infinity,
  ) {
    this.outcomes = new FilterOutcomes(effects, this.filters, identifiers);
  }

  /** Whether `reconcile` has something to do. */
  get unsettled(): boolean {
    return this.filters.areDirty;
  }

  /** Whether an answer is awaited, or a call waits for a request. */
  get isPending(): boolean {
    if (this.requested > 0) return true;
    for (const { calls } of this.filters) if (calls.length > 0) return true;
    return false;
  }

  /** How many packet identifiers are in use here. */
  get requested(): number {
    return this.requests.size;
  }

  /** Whether a packet identifier is in use here. */
  has(packetId: number): boolean {
    return this.requests.has(packetId);
  }

  /** The filters of unanswered SUBSCRIBEs that are wanted and were never granted. */
  *unanswered(): Generator<string> {
    for (const { packet, filters } of this.requests) {
      if (packet.type !== 'subscribe') continue;
      for (const filter of filters) {
        if (this.filters.wants(filter) && !this.filters.get(filter)!.wasGranted) yield filter;
      }
    }
  }

  /** The connection is gone: what is unanswered is asked again on the next. */
  down(): void {
    for (const request of this.requests) this.askAnew(request);
    this.requests.clear();
    this.filters.down();
    for (const wanted of this.filters) {
      const { told } = wanted;
      if (told?.state === 'refused') wanted.told = undefined;
      if (told?.state === 'kept') wanted.told = { ...told, state: 'assumed' };
      this.filters.tidy(wanted);
    }
  }

  /** The connection is there: everything is compared, against nothing if the server has no session. */
  up(sessionPresent: boolean): void {
    this.identifiers.up(sessionPresent);
    for (const wanted of this.filters) {
      if (!sessionPresent) wanted.told = undefined;
      this.filters.mark(wanted);
    }
  }

  /** Sends the difference between wanted and told. */
  reconcile(allowance: Allowance): void {
    const compared = this.filters.takeMarked();
    if (!compared) return;
    const subscribing: WantedFilter<R>[] = [];
    const unsubscribing: WantedFilter<R>[] = [];
    for (const wanted of compared) {
      if (wanted.due && allowance.admits(wanted.filter)) this.refuseDue(wanted, allowance.limits);
      const { due } = wanted;
      if (wanted.qos === undefined) wanted.forsake();
      this.filters.noteTooHigh(wanted);
      if (due !== undefined && !allowance.admits(wanted.filter)) this.filters.withhold(wanted);
      else if (due !== undefined) (due === 'subscribe' ? subscribing : unsubscribing).push(wanted);
      else if (wanted.told?.state !== 'leaving')
        this.outcomes.answer(wanted.takeCalls(), 'subscribe', wanted.filter, 'gone');
    }
    if (subscribing.length + unsubscribing.length > 0) this.lowerAlong(subscribing, allowance.limits);
    const { maximumPacketSize, subscriptionIdentifiersAvailable } = allowance.limits;
    const limits = { most: this.batch, maximumPacketSize };
    // The filters of a packet share its identifier, so that no topic may match two of them.
    const isAlone = subscriptionIdentifiersAvailable ? (filter: string) => !isTopicName(filter) : undefined;
    let packetId = -1; // none is free once none was: to look for one costs as much as there are
    const freeId = () => (packetId === 0 ? 0 : (packetId = allowance.freeId()));
    const of = { ...allowance, freeId };
    for (const part of batches(subscribing, { ...limits, isAlone })) this.request('subscribe', part, of);
    for (const part of batches(unsubscribing, limits)) this.request('unsubscribe', part, of);
    for (const wanted of compared) this.filters.tidy(wanted);
  }

  /** The server answered a SUBSCRIBE. @returns its filters */
  suback(answer: SubackPacket): readonly string[] {
    const request = this.answered(answer);
    if (request?.packet.type !== 'subscribe') return []; // of nobody's
    const { packet, filters, calls } = request;
    packet.subscriptions.forEach(({ filter, qos: requested }, i) => {
      const wanted = this.current(filter, packet);
      const error = refusalOf(filter, answer, i);
      const granted = answer.reasonCodes[i] as QoS;
      if (wanted && error) this.outcomes.refuse(wanted, requested, error);
      else if (wanted) this.outcomes.grant(wanted, requested, granted);
      this.outcomes.answer(calls[i]!, 'subscribe', filter, error ?? { filter, requested, granted });
    });
    return filters;
  }

  /** The server answered an UNSUBSCRIBE. */
  unsuback(answer: UnsubackPacket): void {
    const request = this.answered(answer);
    if (!request) return;
    const { packet, filters, calls } = request;
    filters.forEach((filter, i) => {
      const wanted = this.current(filter, packet);
      const error = refusalOf(filter, answer, i);
      if (error) this.outcomes.keep(filter, wanted);
      else {
        this.effects.application.unsubscribed(filter);
        this.effects.events.next({ type: 'unsubscribed', filter });
      }
      this.outcomes.answer(calls[i]!, 'unsubscribe', filter, error ?? 'gone');
      if (!wanted) return;
      if (!error) {
        this.identifiers.release(filter);
        wanted.told = undefined;
      }
      if (wanted.qos === undefined) this.outcomes.answer(wanted.takeCalls(), 'unsubscribe', filter, error ?? 'gone');
      this.filters.tidy(wanted);
    });
  }

  /** A filter is given up: the server hangs up whenever it is asked for it. */
  giveUp(filter: string, error: MqttError): void {
    const wanted = this.filters.get(filter);
    if (wanted) this.outcomes.refuse(wanted, wanted.qos ?? 0, error);
  }

  /**
   * Tells every call that waits that it failed, and takes all listeners out; a durable subscription that was never
   * granted is withdrawn with its call. Nothing is sent for it: at the next connection everything is compared.
   */
  abandon(error: MqttError): void {
    const calls = new Set([...this.filters].flatMap((wanted) => wanted.takeCalls()));
    for (const request of this.requests) {
      for (const call of request.calls.flat()) calls.add(call);
      request.calls = request.filters.map(() => []);
    }
    for (const { listeners } of this.filters) listeners.fill(0);
    for (const { type, open, token, grants } of calls) {
      for (const filter of type === 'subscribe' ? open : []) {
        const wanted = this.filters.get(filter);
        if (wanted && wanted.told?.granted === undefined) wanted.durable = undefined;
      }
      this.effects.application.answered(token, grants, error);
    }
    // While there is no connection nothing compares, and what is void must not stay.
    for (const wanted of this.filters) this.filters.tidy(wanted);
  }

  private answered(answer: SubackPacket | UnsubackPacket): Request<R> | undefined {
    try {
      return this.requests.answered(answer);
    } catch (error) {
      this.effects.surroundings.fail(error as ProtocolError);
      return undefined;
    }
  }

  /** Refuses what the server of this connection cannot take, and what is too large for it. */
  private refuseDue(wanted: WantedFilter<R>, limits: ServerLimits): void {
    const { filter, qos } = wanted;
    if (wanted.due === 'subscribe') {
      const error = filterRefusal(filter, wanted.delivery, limits);
      if (error) this.outcomes.refuse(wanted, qos!, error);
      this.filters.unmark(wanted); // it is compared just now
    }
    const error = wanted.due && sizeRefusal('unsubscribe', filter, limits);
    if (!error) return;
    this.outcomes.keep(filter, wanted);
    this.outcomes.answer(wanted.takeCalls(), 'unsubscribe', filter, error);
  }

  /** What is subscribed too high travels along with what is sent anyway. */
  private lowerAlong(subscribing: WantedFilter<R>[], limits: ServerLimits): void {
    const sent = new Set(subscribing);
    for (const wanted of this.filters.takeTooHigh()) {
      if (!sent.has(wanted) && !filterRefusal(wanted.filter, wanted.delivery, limits)) subscribing.push(wanted);
    }
  }

  /** Nobody knows what the server made of a request: its filters are compared again, and another takes its calls along. */
  private askAnew(request: Request<R>): void {
    request.filters.forEach((filter, i) => {
      const wanted = this.filters.open(filter);
      const { told } = wanted;
      if (told?.packet === request.packet) {
        wanted.told = { requested: told.requested, granted: told.granted, state: 'assumed' };
      }
      for (const call of request.calls[i]!) {
        wanted.calls.push(call);
        if (wanted.qos !== undefined && call.type === 'subscribe') wanted.renew = true;
      }
    });
  }

  /** The filter, if a packet was the last that the server was told of it. */
  private current(filter: string, packet: SubscribePacket | UnsubscribePacket): WantedFilter<R> | undefined {
    const wanted = this.filters.get(filter);
    return wanted?.told?.packet === packet ? wanted : undefined;
  }

  /** Sends a request about some filters; without a free packet identifier they stay dirty. */
  private request(type: Call<R>['type'], about: readonly WantedFilter<R>[], { freeId, limits }: Allowance): void {
    const packetId = freeId();
    if (packetId === 0) return about.forEach((wanted) => this.filters.mark(wanted));
    const filters = about.map(({ filter }) => filter);
    const calls = about.map((wanted) => wanted.takeCalls());
    const packet: SubscribePacket | UnsubscribePacket =
      type === 'subscribe' ? this.subscribePacket(packetId, about, limits) : { type, packetId, filters };
    for (const wanted of about) {
      const { qos, told } = wanted;
      wanted.told =
        qos === undefined
          ? { requested: 0, state: 'leaving', packet }
          : { requested: qos, granted: told?.granted, state: 'pending', packet };
      wanted.renew = false;
    }
    this.requests.add({ packet, filters, calls });
    this.effects.wire.send(packet);
  }

  private subscribePacket(packetId: number, about: readonly WantedFilter<R>[], limits: ServerLimits): SubscribePacket {
    const filters = about.map(({ filter }) => filter);
    const subscriptionIdentifier = limits.subscriptionIdentifiersAvailable ? this.identifiers.give(filters) : 0;
    for (const filter of filters) {
      if (subscriptionIdentifier === 0) this.identifiers.release(filter);
      this.effects.application.subscribing(filter, subscriptionIdentifier);
    }
    return {
      type: 'subscribe',
      packetId,
      subscriptions: about.map(({ filter, qos, delivery }) =>
        delivery === USUAL ? { filter, qos: qos! } : { filter, qos: qos!, ...delivery },
      ),
      ...(subscriptionIdentifier > 0 && { properties: { subscriptionIdentifier } }),
    };
  }
}
