import { join } from 'node:path';
import { mosquitto } from '../support/mosquitto.js';
import { type Ending, running } from '../support/running.js';

const ROOT = join(import.meta.dirname, '../..');

/** How a program is run. */
export interface RunOptions {
  readonly args?: readonly string[];
  /** The folder that it runs in. Default: the project's. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed. */
  readonly patience: number;
  /** Called with all that it has said so far, each time it says something; what it returns is sent to it. */
  readonly onOutput?: (stdout: string) => NodeJS.Signals | undefined;
}

/** Runs a TypeScript program in a process of its own. Resolves when it has ended. */
export async function run(
  program: string,
  { args = [], cwd = ROOT, env = {}, patience, onOutput }: RunOptions,
): Promise<Ending> {
  const { child, stdout, ended } = running(process.execPath, ['--import', 'tsx', program, ...args], { cwd, env });
  child.stdin.end();
  const deadline = setTimeout(() => child.kill('SIGKILL'), patience);
  child.stdout.on('data', () => {
    const signal = onOutput?.(stdout());
    if (signal) child.kill(signal);
  });
  return ended.finally(() => clearTimeout(deadline));
}

/** Runs an example at a Mosquitto of its own, whose address is its first argument. Resolves when it has ended. */
export async function runAtMosquitto(program: string): Promise<Ending> {
  const broker = await mosquitto();
  try {
    return await run(program, { args: [broker.url], patience: 20_000 });
  } finally {
    await broker.stop();
  }
}
