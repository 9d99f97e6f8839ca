import { type MqttError, SubscriptionRefusedError } from '../errors.js';
import type { Grant } from './Grant.js';

/**
 * A `subscribe` or `unsubscribe` of the application, which may cover several filters.
 *
 * @typeParam R its token
 */
export interface Call<R> {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly token: R;
  /** The filters without an answer. */
  readonly open: Set<string>;
  readonly grants: Grant[];
  error?: MqttError;
}

/** What became of a filter: granted, refused with an error, or, at the server, gone. */
export type Answer = Grant | MqttError | 'gone';

/**
 * The server answered for one filter: a call with no other one open is over.
 * @param over told of such a call
 */
export function answerCalls<R>(
  calls: readonly Call<R>[],
  filter: string,
  answer: Answer,
  over: (token: R, grants: readonly Grant[], error?: MqttError) => void,
): void {
  for (const call of calls) {
    call.open.delete(filter);
    if (call.type === 'subscribe' && answer instanceof SubscriptionRefusedError) call.error ??= answer;
    if (call.type === 'subscribe' && isGrant(answer)) call.grants.push(answer);
    if (call.open.size === 0) over(call.token, call.grants, call.error);
  }
}

function isGrant(answer: Answer): answer is Grant {
  return typeof answer === 'object' && 'granted' in answer;
}
