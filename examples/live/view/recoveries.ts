import { type Observable, debounceTime, distinctUntilChanged, filter, interval, map, pairwise, skipWhile } from 'rxjs';
import type { Play } from '../play.js';

/** Milliseconds that everybody must have been online before it is said: several cuts in a row are one sentence. */
const CALM = 1_200;

/** A sentence each time that all clients are online again, and have been for a moment. */
export function recoveries(play: Play): Observable<string> {
  let lostAt = 0;
  return interval(50).pipe(
    map(() => play.isOnline),
    distinctUntilChanged(),
    skipWhile((isOnline) => !isOnline),
    pairwise(),
    map(([, isOnline]) => {
      if (!isOnline) lostAt = performance.now();
      return { isOnline, away: performance.now() - lostAt };
    }),
    debounceTime(CALM),
    filter(({ isOnline }) => isOnline),
    map(({ away }) => `All are online again, after ${(away / 1_000).toFixed(1)} seconds. ${verdict(play)}`),
  );
}

function verdict({ books }: Play): string {
  const [one, two] = [books.account(1), books.account(2)];
  return `QoS 1 has lost ${one.lost}; QoS 2 has lost ${two.lost} and doubled ${two.doubled}.`;
}
