import { PassThrough, type Readable, Writable } from 'node:stream';
import { NEVER, type Observable, lastValueFrom } from 'rxjs';
import type { Context, StopReason } from '../../lib/cli/Context.js';
import { Output, type Stream } from '../../lib/cli/Output.js';
import { main } from '../../lib/cli/main.js';

/** What surrounds a command line in a spec. */
export interface CommandLineOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard input: text, or a stream. */
  readonly input?: string | Readable;
  /** Whether standard output and standard error are terminals. Default `false`. */
  readonly isTerminal?: boolean;
  readonly stop$?: Observable<StopReason>;
}

/** How a command line ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. Resolves when it has ended. */
export async function commandLine(args: readonly string[], options: CommandLineOptions = {}): Promise<Ended> {
  const { environment = {}, input = '', isTerminal = false, stop$ = NEVER } = options;
  const said = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => {
    const sink = new Writable({
      write(chunk: Buffer, _, done) {
        said[name] += chunk.toString('latin1');
        done();
      },
    });
    return Object.assign(sink, isTerminal ? { isTTY: true, columns: 80, rows: 24 } : {}) as unknown as Stream;
  };
  const context: Context = {
    out: new Output(stream('out'), environment),
    err: new Output(stream('err'), environment),
    environment,
    input: {
      stream: () => (typeof input === 'string' ? new PassThrough().end(input) : input),
      size: () => (typeof input === 'string' ? Buffer.byteLength(input) : undefined),
    },
    stop$,
    resumed$: NEVER,
  };
  const code = await lastValueFrom(main(args, context, '1.2.3'));
  const text = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
  return { code, stdout: text(said.out), stderr: text(said.err) };
}
