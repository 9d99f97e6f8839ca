import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, running } from './running.js';

const ROOT = join(import.meta.dirname, '../..');

let built: Promise<string> | undefined;

/** The program `tortoise-rx` in one file, from its sources: it starts ten times as fast as through tsx. */
export function program(): Promise<string> {
  return (built ??= bundle());
}

async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tortoise-rx-cli-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'cli.mjs');
  await build({
    entryPoints: [join(ROOT, 'lib/cli.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // `ws` is CommonJS, and asks for Node's modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}

/** Runs a line of the shell, in which `tortoise-rx` is the program. */
export async function shell(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  return start(
    'bash',
    ['-c', `tortoise-rx() { "${process.execPath}" "${await program()}" "$@"; }\n${line}`],
    environment,
  );
}

/** Runs the program itself: signals reach it. */
export async function tortoise(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  return start(process.execPath, [await program(), ...args], environment);
}

/**
 * Runs the program in a pseudo-terminal of that size, that of `script`. The terminal's path is said first. What is written to
 * standard input is typed.
 */
export async function inTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  [columns, rows] = [80, 24],
): Promise<Running> {
  const quoted = [process.execPath, await program(), ...args].map((one) => `'${one.replaceAll("'", "'\\''")}'`);
  const line = `stty cols ${columns} rows ${rows}; tty >&2; exec ${quoted.join(' ')}`;
  return start('script', ['-qefc', line, '/dev/null'], { TERM: 'xterm', ...environment });
}

function start(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Running {
  return running(command, args, { env: { NO_COLOR: '', ...environment } });
}
