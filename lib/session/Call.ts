import { SubscriptionRefusedError } from '../errors.js';
import type { Grant } from './Grant.js';
import type { SessionEffects } from './SessionEffects.js';

/**
 * A `subscribe` or `unsubscribe` of the application, which may cover several filters.
 *
 * @typeParam R its token
 */
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

/** The broker answered for one filter: a call with no other one open is over. */
export function answer<R>(
  effects: Pick<SessionEffects<never, R>, 'answered'>,
  calls: readonly Call<R>[],
  filter: string,
  said: Answer,
): void {
  for (const call of calls) {
    call.open.delete(filter);
    if (call.is === 'subscribe' && said === 'refused') call.refused ??= filter;
    if (call.is === 'subscribe' && typeof said === 'object') call.grants.push(said);
    if (call.open.size > 0) continue;
    const error = call.refused === undefined ? undefined : new SubscriptionRefusedError(call.refused);
    effects.answered(call.token, call.grants, error);
  }
}
