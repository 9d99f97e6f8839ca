import { type Observable, concat, concatMap, defer, delay, endWith, finalize, ignoreElements, range, take, timeout, timer } from 'rxjs'; // prettier-ignore
import { createClient, backoff } from '../../lib/index.browser.js';
import { type Play, optionsFor } from './play.js';

/** How many times in a row "ten cuts" cuts. */
export const CUTS = 10;
/** Milliseconds that everybody is online between two of them: long enough for messages to be on the way. */
const BETWEEN = 700;
/** Milliseconds after which the other one is gone again, if the house has not thrown it out before. */
const HELD = 1_500;

/** Cuts, waits until all are online again, and so on. Cold; emits the number of each cut. */
export function cutRepeatedly(play: Play): Observable<number> {
  return range(1, CUTS).pipe(
    concatMap((number) =>
      concat(
        play.online$.pipe(delay(BETWEEN), ignoreElements()),
        defer(() => play.stage.act('cut')).pipe(ignoreElements(), endWith(number)),
      ),
    ),
  );
}

/** Another client connects with the identifier of the house: the broker throws the house out. Cold; emits when it is in. */
export function takeOver(play: Play): Observable<unknown> {
  return defer(() => {
    const rogue = createClient({
      ...optionsFor(play.stage, 'house'),
      server: play.stage.server('rogue'),
      retryWhen: backoff({ retries: 0 }),
    });
    return rogue.connection$.pipe(
      take(1),
      timeout(5_000),
      finalize(() => timer(HELD).subscribe(() => rogue.end({ force: true }).subscribe())),
    );
  });
}
