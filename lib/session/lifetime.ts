/** A moment by a clock that never goes back, and by one that people set. Milliseconds. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** How long a message may wait. */
export interface Lifetime {
  /** Milliseconds that it may wait in all. */
  readonly expiry: number;
  /** When the wait began. `monotonic` is of this process, whatever process the message began in. */
  readonly since: Moment;
}

/**
 * Before this date no wall clock is believed: this library did not exist. A device without a battery starts in 1970, and
 * must not lose its queue when its clock is set.
 */
export const RELEASED = 1_793_491_200_000; // 2026-11-01

/**
 * Milliseconds that have passed since a moment: the larger of both clocks, for a monotonic clock stands still while a
 * laptop sleeps, and a wall clock may be set back. Never negative.
 */
export function elapsed(since: Moment, now: Moment): number {
  const isBelieved = since.wall >= RELEASED && now.wall >= RELEASED;
  return Math.max(0, now.monotonic - since.monotonic, isBelieved ? now.wall - since.wall : 0);
}

/** Milliseconds that a message may still wait; not above 0 when it is not worth sending any more. */
export function remaining({ expiry, since }: Lifetime, now: Moment): number {
  return expiry - elapsed(since, now);
}
