import { type Observable, distinctUntilChanged, interval, map } from 'rxjs';
import type { Duplex } from './Transport.js';

/** Milliseconds between two looks at a transport that cannot say when it has handed bytes on. */
const LOOK = 20;

/** Emits whenever bytes that were written before have been handed on to the network. Cold. */
export function drainOf(duplex: Duplex): Observable<unknown> {
  return (
    duplex.drain$ ??
    interval(LOOK).pipe(
      map(() => duplex.buffered),
      distinctUntilChanged(),
    )
  );
}
