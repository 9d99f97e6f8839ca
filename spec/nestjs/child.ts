import { type Observable, BehaviorSubject, filter, firstValueFrom, take } from 'rxjs';
import { run } from '../examples/run.js';
import type { Ending } from '../support/running.js';

/** A program in a process of its own. */
export interface Child {
  /** All that it has said so far. */
  readonly stdout: string;
  /** Resolves when it has said what the condition wants; rejects if it ends before. */
  says(condition: (stdout: string) => boolean): Promise<void>;
  /** Resolves when it has ended; it is sent the signal as soon as it says what the condition wants. */
  readonly ending: Promise<Ending>;
}

/**
 * Runs a TypeScript program.
 *
 * @param end which signal it is sent after each of its words, if one
 */
export function child(
  program: string,
  args: readonly string[],
  end: (stdout: string) => NodeJS.Signals | undefined,
): Child {
  const said$ = new BehaviorSubject('');
  const ending = run(program, {
    args,
    patience: 60_000,
    onOutput: (stdout) => {
      said$.next(stdout);
      return end(stdout);
    },
  });
  void ending.then(({ stderr }) => said$.error(new Error(`it ended: ${stderr}`)));
  const words$: Observable<string> = said$;
  return {
    get stdout() {
      return said$.value;
    },
    async says(condition) {
      await firstValueFrom(words$.pipe(filter(condition), take(1)));
    },
    ending,
  };
}
