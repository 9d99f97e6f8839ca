import { fstatSync } from 'node:fs';
import { ReplaySubject, fromEvent, map, merge } from 'rxjs';
import type { Context, StopReason } from './Context.js';
import { Output } from './Output.js';
import { codeOfStop } from './exitCode.js';

/** Milliseconds within which a signal that comes again is the same key press: npx and shells pass Ctrl-C on. */
const SAME = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The process as the surroundings of a command. A second Ctrl-C ends it at once. */
export function processContext(): Context {
  const { stdout, stderr, env } = process;
  const out = new Output(stdout, env);
  const err = new Output(stderr, env);
  const stops = new ReplaySubject<StopReason>(1);
  const signal$ = merge(...SIGNALS.map((name) => fromEvent(process, name).pipe(map(() => name))));
  let firstAt: number | undefined;
  signal$.subscribe((name) => {
    if (firstAt === undefined) stops.next(name);
    else if (performance.now() - firstAt > SAME) process.exit(codeOfStop(name, false));
    firstAt ??= performance.now();
  });
  out.broken$.subscribe((error) => {
    if (error.code !== 'EPIPE') err.note(`standard output cannot be written: ${error.message}`, 'red');
    stops.next(error.code === 'EPIPE' ? 'unread' : 'unwritable');
  });
  return {
    out,
    err,
    environment: env,
    input: { stream: () => process.stdin, size: sizeOfInput },
    stop$: stops,
    resumed$: fromEvent(process, 'SIGCONT'),
  };
}

function sizeOfInput(): number | undefined {
  try {
    const stats = fstatSync(0);
    return stats.isFile() ? stats.size : undefined;
  } catch {
    return undefined; // it is closed
  }
}
