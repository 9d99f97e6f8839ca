import { type Observable, defer, endWith, interval, map, takeUntil } from 'rxjs';
import { LONGEST_TIMER, checkArgument } from '../stream/checkOption.js';
import type { Counts, Traffic } from '../connection/Traffic.js';

/** A look at the counters. */
export interface Metrics {
  /** What was counted since the look before; at the first one, since the subscription. */
  readonly period: Counts;
  /** What was counted since the client was created, across all connections. */
  readonly total: Counts;
  /** Messages that wait to be written. */
  readonly queued: number;
  /** QoS 1 and 2 messages that are written and not acknowledged. */
  readonly inFlight: number;
  /** Milliseconds that the last ping took; not before the first. */
  readonly roundTrip?: number;
}

/**
 * Looks at the counters every `period` ms. Cold, a timer per subscription; emits after each period and once more when
 * the client ends, so that nothing is missed, then completes; errors with an `InvalidArgumentError` for a wrong period.
 *
 * @param over$ emits or completes when the client ends
 */
export function metrics(
  traffic: Traffic,
  waiting: { readonly queued: number; readonly inFlight: number },
  period: number,
  over$: Observable<unknown>,
): Observable<Metrics> {
  return defer(() => {
    checkArgument(period > 0 && period <= LONGEST_TIMER, 'period', 'milliseconds above 0', period);
    let before = traffic.since();
    return interval(period).pipe(
      takeUntil(over$.pipe(endWith(undefined))),
      endWith(undefined),
      map(() => {
        const { queued, inFlight } = waiting;
        const counts = { period: traffic.since(before), total: traffic.since(), queued, inFlight };
        before = counts.total;
        return traffic.roundTrip === undefined ? counts : { ...counts, roundTrip: traffic.roundTrip };
      }),
    );
  });
}
