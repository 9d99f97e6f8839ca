import { type MqttError, SubscriptionRefusedError } from '../errors.js';
import type { QoS, SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '../packet/Packet.js';
import { isShared } from '../topic/isShared.js';
import { type Answer, type Call, answerCalls } from './Call.js';
import { type Request, unexpectedAnswer } from './Request.js';
import type { Application, Surroundings, Wire } from './SessionEffects.js';
import type { SessionEvent } from './SessionEvent.js';
import type { SubscriptionState } from './SubscriptionState.js';
import { WantedFilter } from './WantedFilter.js';
import { batches } from './batches.js';

/** What the subscriptions do. */
export interface SubscriptionEffects<R> {
  readonly wire: Pick<Wire<never>, 'send'>;
  readonly application: Pick<
    Application<never, R>,
    'answered' | 'subscribing' | 'subscribed' | 'unsubscribed' | 'refused'
  >;
  readonly surroundings: Pick<Surroundings, 'violation'>;
  readonly events: { next(event: SessionEvent): void };
}

/** What a reconciliation may use. */
export interface Allowance {
  /** Gives a packet identifier, or 0 if none is free: then nothing more is sent until the next time. */
  freeId(): number;
  /** Whether a filter may be subscribed now: a suspect may have to wait. */
  admits(filter: string): boolean;
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
  private readonly filters = new Map<string, WantedFilter<R>>();
  // for the connection
  private requests: Map<number, Request<R>> | undefined; // most of the time there is none
  private dirty: Set<WantedFilter<R>> | undefined; // made when a filter is marked
  /** Filters that had to wait, see `Allowance.admits`. */
  private withheld: Set<WantedFilter<R>> | undefined;
  /** Filters that are subscribed at a higher QoS than anybody wants; lowered when something else is sent. */
  private tooHigh: Set<WantedFilter<R>> | undefined;

  /** @param batch the most topic filters of one packet */
  constructor(
    private readonly effects: SubscriptionEffects<R>,
    private readonly batch = Infinity,
  ) {}

  /** Whether `reconcile` has something to do. */
  get unsettled(): boolean {
    return this.dirty !== undefined && this.dirty.size > 0;
  }

  /** Whether an answer is awaited, or a call waits for a request. */
  get isPending(): boolean {
    if (this.requested > 0) return true;
    for (const { calls } of this.filters.values()) if (calls.length > 0) return true;
    return false;
  }

  /** How many packet identifiers are in use here. */
  get requested(): number {
    return this.requests?.size ?? 0;
  }

  /** Whether a packet identifier is in use here. */
  has(packetId: number): boolean {
    return this.requests?.has(packetId) === true;
  }

  /** The filters of unanswered SUBSCRIBEs that are wanted and were never granted. */
  *unanswered(): Generator<string> {
    for (const { packet, filters } of this.requests?.values() ?? []) {
      if (packet.type !== 'subscribe') continue;
      for (const filter of filters) {
        if (this.wants(filter) && this.filters.get(filter)?.wasGranted === false) yield filter;
      }
    }
  }

  /** Whether anybody wants a filter. */
  wants(filter: string): boolean {
    return this.filters.get(filter)?.qos !== undefined;
  }

  /** A listener comes to a filter. */
  listen(filter: string, qos: QoS): void {
    const wanted = this.open(filter);
    wanted.listeners[qos]++;
    // Only a new SUBSCRIBE makes the server send the retained messages [MQTT-3.8.4-3]; to a shared one it sends none.
    if (wanted.told && !isShared(filter)) wanted.renew = true;
  }

  /** A listener, who came with the same QoS, leaves a filter. */
  leave(filter: string, qos: QoS): void {
    const wanted = this.filters.get(filter);
    if (!wanted?.listeners[qos]) return;
    wanted.listeners[qos]--;
    this.mark(wanted);
    this.tidy(wanted); // while there is no connection nothing compares: what came and went must not pile up
  }

  /** The application subscribes to filters, whatever listens. */
  subscribe(filters: readonly string[], qos: QoS, token: R): void {
    const call: Call<R> = { type: 'subscribe', token, open: new Set(filters), grants: [] };
    for (const filter of call.open) {
      const wanted = this.open(filter);
      wanted.calls.push(call);
      wanted.durable = qos;
      wanted.renew = true;
    }
  }

  /** The application gives up what it subscribed to. Listeners keep their claims. */
  unsubscribe(filters: readonly string[], token: R): void {
    const call: Call<R> = { type: 'unsubscribe', token, open: new Set(filters), grants: [] };
    for (const filter of call.open) {
      const wanted = this.open(filter);
      wanted.calls.push(call);
      wanted.durable = undefined;
      // A persistent session may have it from an earlier process.
      if (!wanted.told || wanted.told.state === 'refused') wanted.told = { requested: 0, state: 'assumed' };
    }
  }

  /** The connection is gone: what is unanswered is asked again on the next. */
  down(): void {
    for (const request of this.requests?.values() ?? []) this.askAnew(request);
    this.requests = this.dirty = this.withheld = this.tooHigh = undefined;
    for (const wanted of this.filters.values()) {
      if (wanted.told?.state === 'refused') wanted.told = undefined;
      this.tidy(wanted);
    }
  }

  /** The connection is there: everything is compared, against nothing if the server has no session. */
  up(sessionPresent: boolean): void {
    for (const wanted of this.filters.values()) {
      if (!sessionPresent) wanted.told = undefined;
      this.mark(wanted);
    }
  }

  /** Sends the difference between wanted and told. */
  reconcile(allowance: Allowance): void {
    const compared = this.dirty;
    if (!compared) return;
    const subscribing: WantedFilter<R>[] = [];
    const unsubscribing: WantedFilter<R>[] = [];
    this.dirty = undefined;
    for (const wanted of compared) {
      const { due } = wanted;
      if (wanted.qos === undefined) wanted.forsake();
      if (wanted.isTooHigh) (this.tooHigh ??= new Set()).add(wanted);
      if (due !== undefined && !allowance.admits(wanted.filter)) (this.withheld ??= new Set()).add(wanted);
      else if (due !== undefined) (due === 'subscribe' ? subscribing : unsubscribing).push(wanted);
      else if (wanted.told?.state !== 'leaving') this.answer(wanted.takeCalls(), wanted.filter, 'gone');
    }
    if (subscribing.length + unsubscribing.length > 0) this.lowerAlong(subscribing);
    for (const part of batches(subscribing, this.batch)) {
      this.request(part, allowance, (packetId) => ({
        type: 'subscribe',
        packetId,
        subscriptions: part.map(({ filter, qos }) => ({ filter, qos: qos! })),
      }));
    }
    for (const part of batches(unsubscribing, this.batch)) {
      this.request(part, allowance, (packetId, filters) => ({ type: 'unsubscribe', packetId, filters }));
    }
    for (const wanted of compared) this.tidy(wanted);
  }

  /** Compares the filters again that had to wait: what may be sent has changed. */
  admitAgain(): void {
    for (const wanted of this.withheld ?? []) this.mark(wanted);
    this.withheld = undefined;
  }

  /** The server answered a SUBSCRIBE. @returns its filters */
  suback({ packetId, reasonCodes }: SubackPacket): readonly string[] {
    const request = this.requests?.get(packetId);
    if (!request) return []; // of nobody's
    const { packet, filters, calls } = request;
    if (packet.type !== 'subscribe' || packet.subscriptions.length !== reasonCodes.length) {
      const came = `SUBACK with ${reasonCodes.length} return codes`;
      this.effects.surroundings.violation(unexpectedAnswer(packet, came));
      return [];
    }
    this.requests?.delete(packetId);
    packet.subscriptions.forEach(({ filter, qos: requested }, i) => {
      const code = reasonCodes[i]!;
      const wanted = this.current(filter, packet);
      if (code >= 0x80) {
        const error = new SubscriptionRefusedError(filter);
        if (wanted) this.refuse(wanted, requested, error);
        this.answer(calls[i]!, filter, error);
      } else {
        const granted = code as QoS;
        if (wanted) this.grant(wanted, requested, granted);
        this.answer(calls[i]!, filter, { filter, requested, granted });
      }
    });
    return filters;
  }

  /** The server answered an UNSUBSCRIBE. */
  unsuback({ packetId }: UnsubackPacket): void {
    const request = this.requests?.get(packetId);
    if (!request) return;
    const { packet, filters, calls } = request;
    if (packet.type !== 'unsubscribe') {
      return this.effects.surroundings.violation(unexpectedAnswer(packet, 'UNSUBACK'));
    }
    this.requests?.delete(packetId);
    filters.forEach((filter, i) => {
      const wanted = this.current(filter, packet);
      this.effects.application.unsubscribed(filter);
      this.effects.events.next({ type: 'unsubscribed', filter });
      this.answer(calls[i]!, filter, 'gone');
      if (!wanted) return;
      wanted.told = undefined;
      if (wanted.qos === undefined) this.answer(wanted.takeCalls(), filter, 'gone');
      this.tidy(wanted);
    });
  }

  /** A filter is given up: the server hangs up whenever it is asked for it. */
  giveUp(filter: string, error: SubscriptionRefusedError): void {
    const wanted = this.filters.get(filter);
    if (wanted) this.refuse(wanted, wanted.qos ?? 0, error);
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
    for (const { type, open, token, grants } of calls) {
      for (const filter of type === 'subscribe' ? open : []) {
        const wanted = this.filters.get(filter);
        if (wanted && wanted.told?.granted === undefined) wanted.durable = undefined;
      }
      this.effects.application.answered(token, grants, error);
    }
    // While there is no connection nothing compares, and what is void must not stay.
    for (const wanted of this.filters.values()) this.tidy(wanted);
  }

  /** How the wanted filters stand, followed by those that were refused. */
  snapshot(): ReadonlyMap<string, SubscriptionState> {
    const all = [...this.filters.values()];
    const refused = all.filter(({ told }) => told?.state === 'refused');
    const wanted = all.filter(({ qos, told }) => qos !== undefined && told?.state !== 'refused');
    return new Map([...wanted, ...refused].map((one) => [one.filter, one.standing]));
  }

  private answer(calls: readonly Call<R>[], filter: string, answer: Answer): void {
    const { application } = this.effects;
    answerCalls(calls, filter, answer, (token, grants, error) => application.answered(token, grants, error));
  }

  /** What is subscribed too high travels along with what is sent anyway. */
  private lowerAlong(subscribing: WantedFilter<R>[]): void {
    const sent = new Set(subscribing);
    for (const wanted of this.tooHigh ?? []) if (wanted.isTooHigh && !sent.has(wanted)) subscribing.push(wanted);
    this.tooHigh = undefined;
  }

  /** Nobody knows what the server made of a request: its filters are compared again, and another takes its calls along. */
  private askAnew(request: Request<R>): void {
    request.filters.forEach((filter, i) => {
      const wanted = this.open(filter);
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

  /** A filter that something happens to: it will be compared. */
  private open(filter: string): WantedFilter<R> {
    let wanted = this.filters.get(filter);
    if (!wanted) this.filters.set(filter, (wanted = new WantedFilter(filter)));
    this.mark(wanted);
    return wanted;
  }

  /** The filter, if a packet was the last that the server was told of it. */
  private current(filter: string, packet: SubscribePacket | UnsubscribePacket): WantedFilter<R> | undefined {
    const wanted = this.filters.get(filter);
    return wanted?.told?.packet === packet ? wanted : undefined;
  }

  /** Forgets a filter of which there is nothing to remember. */
  private tidy(wanted: WantedFilter<R>): void {
    if (!wanted.isVoid) return;
    this.filters.delete(wanted.filter);
    // From all sets: another object may stand for the filter soon.
    for (const set of [this.dirty, this.withheld, this.tooHigh]) set?.delete(wanted);
  }

  private mark(wanted: WantedFilter<R>): void {
    (this.dirty ??= new Set()).add(wanted);
  }

  /** Sends a request about some filters; without a free identifier they stay dirty. */
  private request(
    about: readonly WantedFilter<R>[],
    allowance: Allowance,
    packetWith: (packetId: number, filters: readonly string[]) => SubscribePacket | UnsubscribePacket,
  ): void {
    const packetId = allowance.freeId();
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
      if (qos !== undefined) this.effects.application.subscribing(wanted.filter);
    }
    const calls = about.map((wanted) => wanted.takeCalls());
    (this.requests ??= new Map()).set(packetId, { packet, filters, calls });
    this.effects.wire.send(packet);
  }

  private grant(wanted: WantedFilter<R>, requested: QoS, granted: QoS): void {
    const { filter } = wanted;
    wanted.told = { requested, granted, state: 'granted' };
    wanted.wasGranted = true;
    if (wanted.isTooHigh) (this.tooHigh ??= new Set()).add(wanted);
    this.effects.application.subscribed(filter);
    this.effects.events.next({ type: 'subscribed', filter, requested, granted });
  }

  /** Nobody has a claim any more; a call that came while the server refused is refused with the rest. */
  private refuse(wanted: WantedFilter<R>, requested: QoS, error: SubscriptionRefusedError): void {
    const { filter } = wanted;
    const granted = wanted.told?.granted;
    // A server that had granted it before may go on with that: then it must be told that nobody wants it any more.
    wanted.told = { requested, granted, state: granted === undefined ? 'refused' : 'assumed' };
    if (granted !== undefined) this.mark(wanted);
    wanted.forsake();
    this.effects.application.refused(filter, error);
    this.effects.events.next({ type: 'refused', filter });
    this.answer(wanted.takeCalls(), filter, error);
  }
}
