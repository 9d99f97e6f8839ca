import type { Readable } from 'node:stream';
import type { Observable } from 'rxjs';
import type { Environment, Output } from './Output.js';

/** Why a program is to stop before it is done. `unread`: nobody reads standard output any more, as behind `| head`. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'unread' | 'unwritable';

/** What a command has around it. */
export interface Context {
  /** For results alone. */
  readonly out: Output;
  /** For all else that people are told. */
  readonly err: Output;
  readonly input: Input;
  readonly environment: Environment;
  /** Emits when the work is to be left: at once, if that is known already. Never completes. */
  readonly stop$: Observable<StopReason>;
  /** Emits when the process goes on after it was stopped with Ctrl-Z: the screen shows something else by then. */
  readonly resumed$: Observable<unknown>;
}

/** Standard input. */
export interface Input {
  /** Not touched by commands that do not read it. */
  readonly stream: () => Readable;
  /** The bytes of a file that standard input was redirected from; `undefined` where nobody knows. */
  readonly size: () => number | undefined;
}
