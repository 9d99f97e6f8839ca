import type { MqttError } from '../errors.js';
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
 * A filter is answered: a call with no other one open is over.
 * @param asked what the answer answers: a refused SUBSCRIBE is no fault of a call that unsubscribes, nor the other way round
 * @param over told of such a call
 */
export function answerCalls<R>(
  calls: readonly Call<R>[],
  asked: Call<R>['type'],
  filter: string,
  answer: Answer,
  over: (token: R, grants: readonly Grant[], error?: MqttError) => void,
): void {
  for (const call of calls) {
    call.open.delete(filter);
    if (call.type === asked && typeof answer === 'object') {
      if ('granted' in answer) call.grants.push(answer);
      else call.error ??= answer;
    }
    if (call.open.size === 0) over(call.token, call.grants, call.error);
  }
}
