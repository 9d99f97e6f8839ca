import {
  EMPTY,
  type Observable,
  defer,
  distinctUntilChanged,
  endWith,
  interval,
  map,
  of,
  switchMap,
  takeUntil,
} from 'rxjs';
import type { ConnectionState } from '../connection/ConnectionState.js';
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
  /** How many may be: the smaller of `maxInflight` and what the broker of this connection, or of the last one, takes. */
  readonly maxInFlight: number;
  /** Messages that came and that `acknowledge: 'manual'` has not acknowledged yet. */
  readonly inHand: number;
  /** How many may be in hand: the option `receiveMaximum`. */
  readonly receiveMaximum: number;
  /** Milliseconds that the last ping took; not before the first. */
  readonly roundTrip?: number;
}

/** What is not counted but stands at a number. */
type Levels = Pick<Metrics, 'queued' | 'inFlight' | 'maxInFlight' | 'inHand' | 'receiveMaximum'>;

/**
 * Looks at the counters every `period` ms while there is a connection or one is made. Cold, a timer per subscription, and
 * none without a connection: it must not keep the process alive. Emits after each period, once when the connection is not
 * needed any more or given up, and once when the client ends, so that nothing is missed; then completes. Errors with an
 * `InvalidArgumentError` for a wrong period.
 *
 * @param state$ the present state, then each change
 * @param over$ emits or completes when the client ends
 */
export function metrics(
  traffic: Traffic,
  session: { readonly levels: Levels },
  period: number,
  state$: Observable<ConnectionState>,
  over$: Observable<unknown>,
): Observable<Metrics> {
  return defer(() => {
    checkArgument(period > 0 && period <= LONGEST_TIMER, 'period', 'milliseconds above 0', period);
    let before = traffic.since();
    return state$.pipe(
      map(phaseOf),
      distinctUntilChanged(),
      switchMap((phase, i) => (phase === 'work' ? interval(period) : phase === 'rest' && i > 0 ? of(i) : EMPTY)),
      takeUntil(over$.pipe(endWith(undefined))),
      endWith(undefined),
      map(() => {
        const counts = { period: traffic.since(before), total: traffic.since(), ...session.levels };
        before = counts.total;
        return traffic.roundTrip === undefined ? counts : { ...counts, roundTrip: traffic.roundTrip };
      }),
    );
  });
}

/** `rest`: no connection is needed, and nothing is counted. `over`: the client has ended. */
function phaseOf(state: ConnectionState): 'work' | 'rest' | 'over' {
  if (state.status === 'closed') return state.cause ? 'rest' : 'over';
  return state.status === 'idle' || state.status === 'suspended' ? 'rest' : 'work';
}
