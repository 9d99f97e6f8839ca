import { type Observable, catchError, concat, defer, finalize, ignoreElements, of } from 'rxjs';
import type { Command } from './Command.js';
import type { Context, StopReason } from './Context.js';
import { UsageError } from './UsageError.js';
import { clientOptions } from './clientOptions.js';
import { COMMANDS } from './commands.js';
import { EXIT_CODES, codeOfError, codeOfStop } from './exitCode.js';
import { explain } from './explain.js';
import { PROGRAM, helpOf, overview } from './help.js';
import { nearest } from './nearest.js';
import { readArguments } from './readArguments.js';
import { serverOf } from './serverOf.js';

/**
 * Runs a command line. Cold; emits the exit code and completes; never errs. What goes wrong is told on standard error.
 *
 * @param argv without the program
 * @param version of the package
 */
export function main(argv: readonly string[], context: Context, version: string): Observable<number> {
  return defer(() => {
    const [name, ...rest] = argv;
    if (name === '--version' || name === '-V') return print(`${version}\n`, context);
    if (name === undefined) {
      context.err.write(overview(COMMANDS, context.err));
      return of(EXIT_CODES.usage);
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      const [about] = rest;
      const text = about === undefined ? overview(COMMANDS, context.out) : helpOf(find(about), context.out);
      return print(text, context);
    }
    return run(find(name), rest, context);
  }).pipe(
    catchError((error: unknown) => {
      context.err.note(explain(error), 'red');
      return of(codeOfError(error));
    }),
  );
}

function run(command: Command, rest: readonly string[], context: Context): Observable<number> {
  return defer(() => {
    const read = readArguments(
      rest,
      command.options.flatMap(({ options }) => options),
    );
    if (read.has('help')) return print(helpOf(command, context.out), context);
    const [server, args] = serverOf(read, context.environment, command.takesUrlAlone === true);
    const options = clientOptions(args, context.environment);
    let reason: StopReason | undefined;
    const watching = context.stop$.subscribe((why) => (reason = why));
    const code$ = defer(() => of(reason === undefined ? EXIT_CODES.done : codeOfStop(reason, command.isEndless(args))));
    return concat(command.run({ args, server, options, context }).pipe(ignoreElements()), code$).pipe(
      finalize(() => watching.unsubscribe()),
    );
  }).pipe(
    catchError((error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${command.name}: ${error.message}\nSee ${PROGRAM} ${command.name} --help`);
    }),
  );
}

function find(name: string): Command {
  const command = COMMANDS.find((one) => one.name === name);
  if (command) return command;
  // Not shown: it may hold a password.
  if (name.includes('://'))
    throw new UsageError(`the command comes first, and the URL behind it\nSee ${PROGRAM} --help`);
  const names = COMMANDS.map((one) => one.name);
  const meant = nearest(name, names);
  const hint = meant === undefined ? `There are ${names.join(', ')}` : `Did you mean ${meant}?`;
  throw new UsageError(`there is no command "${name}". ${hint}\nSee ${PROGRAM} --help`);
}

function print(text: string, { out }: Context): Observable<number> {
  out.write(text);
  return of(EXIT_CODES.done);
}
