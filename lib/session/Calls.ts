import { type MqttError, SubscriptionRefusedError } from '../errors.js';
import type { Grant } from './Grant.js';
import type { SessionEffects } from './SessionEffects.js';

/** A `subscribe` or `unsubscribe` of the application, which may cover several filters. */
export interface Call<R> {
  readonly is: 'subscribe' | 'unsubscribe';
  readonly token: R;
  /** The filters without an answer. */
  readonly open: Set<string>;
  readonly grants: Grant[];
  refused?: string;
}

/** What the broker said to a filter: granted, refused, or, for want of either, that it is gone. */
export type Answer = Grant | 'refused' | 'gone';

/** The calls of the application that wait, by filter, for the next SUBSCRIBE or UNSUBSCRIBE to take them along. */
export class Calls<R> {
  private readonly waiting = new Map<string, Call<R>[]>();

  constructor(private readonly effects: Pick<SessionEffects<never, R>, 'answered'>) {}

  /** How many filters somebody waits for. */
  get size(): number {
    return this.waiting.size;
  }

  /** Whether somebody waits for a filter. */
  has(filter: string): boolean {
    return this.waiting.has(filter);
  }

  /** The filters somebody waits for. */
  filters(): Iterable<string> {
    return this.waiting.keys();
  }

  /** Books a call: it waits for each of its filters, named once or more. */
  add(is: Call<R>['is'], filters: readonly string[], token: R): Call<R> {
    const call: Call<R> = { is, token, open: new Set(filters), grants: [] };
    for (const filter of call.open) this.wait(filter, call);
    return call;
  }

  /** Lets a call wait for a filter. */
  wait(filter: string, call: Call<R>): void {
    const calls = this.waiting.get(filter);
    if (calls) calls.push(call);
    else this.waiting.set(filter, [call]);
  }

  /** Takes the calls out that wait for a filter. */
  take(filter: string): readonly Call<R>[] {
    const calls = this.waiting.get(filter) ?? [];
    this.waiting.delete(filter);
    return calls;
  }

  /** Takes all calls out, first come first. */
  takeAll(): readonly Call<R>[] {
    const calls = [...this.waiting.values()].flat();
    this.waiting.clear();
    return calls;
  }

  /** The broker answered for one filter; a call with no other one open is over. */
  answer(calls: readonly Call<R>[], filter: string, answer: Answer): void {
    for (const call of calls) {
      call.open.delete(filter);
      if (call.is === 'subscribe' && answer === 'refused') call.refused ??= filter;
      if (call.is === 'subscribe' && typeof answer === 'object') call.grants.push(answer);
      if (call.open.size > 0) continue;
      const error = call.refused === undefined ? undefined : new SubscriptionRefusedError(call.refused);
      this.effects.answered(call.token, call.grants, error);
    }
  }

  /** A call is over, because of `error`, whatever is open. */
  fail(call: Call<R>, error: MqttError): void {
    this.effects.answered(call.token, call.grants, error);
  }
}
