import { asyncScheduler } from 'rxjs';

/** Further apart than this, RxJS's clock is not the machine's: a `TestScheduler` runs virtual time. */
const VIRTUAL_FROM = 1_000;

/** A moment by both clocks, in milliseconds. */
export interface Instant {
  /** Never goes back; stands still while the machine sleeps. Its origin means nothing. */
  readonly monotonic: number;
  /** Milliseconds since 1970. May be set, forwards and backwards, at any time. */
  readonly wall: number;
}

/** Whether a `TestScheduler` replaces time. Fake timers need no such question: they replace both clocks. */
export function isVirtualTime(): boolean {
  return Math.abs(asyncScheduler.now() - Date.now()) > VIRTUAL_FROM;
}

/**
 * Milliseconds by a clock that never goes back: every duration is measured with it. In virtual time it is RxJS's clock, and
 * where there is no `performance` the wall clock.
 */
export function monotonicNow(): number {
  if (typeof performance !== 'object' || isVirtualTime()) return asyncScheduler.now();
  return performance.now();
}

/** The present moment. */
export function instantNow(): Instant {
  return { monotonic: monotonicNow(), wall: asyncScheduler.now() };
}
