import type { Observable } from 'rxjs';
import type { Arguments } from './Arguments.js';
import type { Context } from './Context.js';
import type { OptionGroup } from './Option.js';
import type { CommandOptions } from './clientOptions.js';

/** What a command is run with, when its command line was read. */
export interface Invocation {
  readonly args: Arguments;
  /** The URL of the broker. */
  readonly server: string;
  /** The options of its clients. Read once for all of them: a file such as `--ca <(…)` can be read only once. */
  readonly options: CommandOptions;
  readonly context: Context;
}

/** An example for the help: what it does, and the arguments. */
export type Example = readonly [what: string, line: string];

/** A verb of the command line. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What stands behind the name, without options: `[URL] FILTER...`. */
  readonly usage: string;
  /** More words for its help. */
  readonly description: string;
  readonly options: readonly OptionGroup[];
  readonly examples: readonly Example[];
  /** Whether its only argument is the URL, so that it needs no scheme to be told apart. Default `false`. */
  readonly takesUrlAlone?: boolean;
  /** Whether it goes on until it is stopped, so that Ctrl-C is no failure. */
  readonly isEndless: (args: Arguments) => boolean;
  /** Does it. Cold; completes when it is done; errors with why it cannot be done. */
  readonly run: (invocation: Invocation) => Observable<unknown>;
}
