import { type Observable, defer, filter, interval, map, pairwise, startWith } from 'rxjs';
import type { Duplex } from './Transport.js';

/** Milliseconds between two looks at a connection that does not tell when bytes have left. */
const LOOK_INTERVAL = 20;

/**
 * Emits when `buffered` of a connection has become smaller: its `drain$`, or, if it has none, a look at `buffered` every
 * 20 ms while it is subscribed to. Never completes.
 */
export function drainOf(duplex: Duplex): Observable<unknown> {
  return duplex.drain$ ?? looks(duplex);
}

function looks(duplex: Duplex): Observable<unknown> {
  return defer(() =>
    interval(LOOK_INTERVAL).pipe(
      map(() => duplex.buffered),
      startWith(duplex.buffered),
      pairwise(),
      filter(([before, now]) => now < before),
    ),
  );
}
