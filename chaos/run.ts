import { build } from 'esbuild';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgressBar } from '../lib/cli/ProgressBar.js';
import { Chaos } from './Chaos.js';
import { CLIENTS, brokenPromises, table } from './Outcome.js';
import { type ChaosArguments, USAGE, readArguments } from './arguments.js';

const FOLDER = import.meta.dirname;
const BUILT = join(FOLDER, '.out');

const SECOND = 1_000;

/** The most broken promises that are listed one by one. */
const TOLD = 20;

/** Compiles the client processes, so that they start in no time. Beside this file, where they find the packages. */
async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { seconds, seed, protocol, verbose } = options;
  await mkdir(BUILT, { recursive: true });
  const outdir = await mkdtemp(join(BUILT, 'run-'));
  const started = Date.now();
  const bar = new ProgressBar(process.stderr, 'chaos');
  const log = (what: string) => {
    if (!verbose) return;
    bar.clear();
    process.stdout.write(`${((Date.now() - started) / 1_000).toFixed(2).padStart(8)} ${what}\n`);
  };
  try {
    await build({
      entryPoints: CLIENTS.map((name) => join(FOLDER, `${name}.ts`)),
      outdir,
      bundle: true,
      external: ['classic-level'], // a native module
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'warning',
    });
    const shown = setInterval(() => {
      const share = (Date.now() - started) / (seconds * 1_000);
      bar.update(share < 1 ? { share } : { note: 'what is under way arrives' });
    }, SECOND);
    const outcome = await Chaos.run({ seconds, seed, protocol, programs: outdir, log }).finally(() => {
      clearInterval(shown);
      bar.clear();
    });
    const broken = brokenPromises(outcome);
    process.stdout.write(`${table(outcome)}\n\n`);
    for (const what of broken.slice(0, TOLD)) process.stdout.write(`BROKEN: ${what}\n`);
    if (broken.length > TOLD) process.stdout.write(`BROKEN: … and ${broken.length - TOLD} more\n`);
    process.stdout.write(broken.length === 0 ? 'All promises kept.\n' : `Again: npm run chaos -- ${again(options)}\n`);
    return broken.length === 0 ? 0 : 1;
  } finally {
    await rm(outdir, { recursive: true });
  }
}

function again({ seconds, seed, protocol }: ChaosArguments): string {
  return `--minutes ${seconds / 60} --seed ${seed} --protocol ${protocol}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
