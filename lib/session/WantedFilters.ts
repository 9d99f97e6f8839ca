import type { QoS } from '../packet/Packet.js';
import { isShared } from '../topic/isShared.js';
import type { Call } from './Call.js';
import { type Delivery, USUAL, difference } from './Delivery.js';
import type { SubscriptionState } from './SubscriptionState.js';
import { WantedFilter } from './WantedFilter.js';

/**
 * The filters that the application wants or the server was told, and which of them must be compared.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class WantedFilters<R> implements Iterable<WantedFilter<R>> {
  // for the session
  private readonly all = new Map<string, WantedFilter<R>>();
  // for the connection
  private dirty: Set<WantedFilter<R>> | undefined; // made when a filter is marked
  /** Filters that had to wait, see `Allowance.admits`. */
  private withheld: Set<WantedFilter<R>> | undefined;
  /** Filters that are subscribed at a higher QoS than anybody wants; lowered when something else is sent. */
  private tooHigh: Set<WantedFilter<R>> | undefined;

  [Symbol.iterator](): Iterator<WantedFilter<R>> {
    return this.all.values();
  }

  get(filter: string): WantedFilter<R> | undefined {
    return this.all.get(filter);
  }

  /** Whether anybody wants a filter. */
  wants(filter: string): boolean {
    return this.all.get(filter)?.qos !== undefined;
  }

  /** How a filter is wanted, if anybody wants it. */
  deliveryOf(filter: string): Delivery | undefined {
    return this.wants(filter) ? this.all.get(filter)!.delivery : undefined;
  }

  /** How the wanted filters stand, followed by those that were refused. */
  snapshot(): ReadonlyMap<string, SubscriptionState> {
    const all = [...this.all.values()];
    const refused = all.filter(({ told }) => told?.state === 'refused');
    const wanted = all.filter(({ qos, told }) => qos !== undefined && told?.state !== 'refused');
    return new Map([...wanted, ...refused].map((one) => [one.filter, one.standing]));
  }

  // ─── what the application wants ───

  /** A listener comes to a filter. */
  listen(filter: string, qos: QoS, delivery = USUAL): void {
    const wanted = this.claim(filter, delivery);
    wanted.listeners[qos]++;
    // Only a new SUBSCRIBE makes the server send the retained messages [MQTT-3.8.4-3]; to a shared one it sends none.
    if (wanted.told && !isShared(filter) && delivery.retainHandling !== 2) wanted.renew = true;
  }

  /** A listener, who came with the same QoS, leaves a filter. */
  leave(filter: string, qos: QoS): void {
    const wanted = this.all.get(filter);
    if (!wanted?.listeners[qos]) return;
    wanted.listeners[qos]--;
    this.mark(wanted);
    this.tidy(wanted); // while there is no connection nothing compares: what came and went must not pile up
  }

  /** The application subscribes to filters, whatever listens. */
  subscribe(filters: readonly string[], qos: QoS, token: R, delivery = USUAL): void {
    const call: Call<R> = { type: 'subscribe', token, open: new Set(filters), grants: [] };
    for (const filter of call.open) {
      const wanted = this.claim(filter, delivery);
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
      const state = wanted.told?.state ?? 'refused';
      if (state === 'refused' || state === 'kept') wanted.told = { requested: 0, state: 'assumed' };
    }
  }

  /** A filter that something happens to: it will be compared. */
  open(filter: string): WantedFilter<R> {
    let wanted = this.all.get(filter);
    if (!wanted) this.all.set(filter, (wanted = new WantedFilter(filter)));
    this.mark(wanted);
    return wanted;
  }

  /** Forgets a filter of which there is nothing to remember. */
  tidy(wanted: WantedFilter<R>): void {
    if (!wanted.isVoid) return;
    this.all.delete(wanted.filter);
    // From all sets: another object may stand for the filter soon.
    for (const set of [this.dirty, this.withheld, this.tooHigh]) set?.delete(wanted);
  }

  /** The connection is gone: nothing is compared any more. */
  down(): void {
    this.dirty = this.withheld = this.tooHigh = undefined;
  }

  // ─── what must be compared ───

  get areDirty(): boolean {
    return this.dirty !== undefined && this.dirty.size > 0;
  }

  mark(wanted: WantedFilter<R>): void {
    (this.dirty ??= new Set()).add(wanted);
  }

  unmark(wanted: WantedFilter<R>): void {
    this.dirty?.delete(wanted);
  }

  /** Takes out what is marked. */
  takeMarked(): ReadonlySet<WantedFilter<R>> | undefined {
    const { dirty } = this;
    this.dirty = undefined;
    return dirty;
  }

  /** Lets a filter wait until `admitAgain`. */
  withhold(wanted: WantedFilter<R>): void {
    (this.withheld ??= new Set()).add(wanted);
  }

  /** Compares the filters again that had to wait: what may be sent has changed. */
  admitAgain(): void {
    for (const wanted of this.withheld ?? []) this.mark(wanted);
    this.withheld = undefined;
  }

  /** Remembers a filter if it is subscribed too high. */
  noteTooHigh(wanted: WantedFilter<R>): void {
    if (wanted.isTooHigh) (this.tooHigh ??= new Set()).add(wanted);
  }

  /** Takes out the filters that are still subscribed too high. */
  takeTooHigh(): readonly WantedFilter<R>[] {
    const { tooHigh = [] } = this;
    this.tooHigh = undefined;
    return [...tooHigh].filter(({ isTooHigh }) => isTooHigh);
  }

  /** Somebody wants a filter. The first who does says how; all others want the same. */
  private claim(filter: string, delivery: Delivery): WantedFilter<R> {
    const wanted = this.open(filter);
    if (wanted.qos === undefined) {
      if (wanted.told && difference(wanted.delivery, delivery)) wanted.renew = true;
      wanted.delivery = delivery;
    }
    return wanted;
  }
}
