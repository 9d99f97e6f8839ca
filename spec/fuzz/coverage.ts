/**
 * Coverage-guided fuzzing of the decoder, by jsfuzz: what reaches something new is kept and changed further.
 * `npm run fuzz:coverage -- --minutes N --seed S`. The engine is fetched when it is asked for and is no dependency,
 * because its own are old; what it finds stays in the folder that is named.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import fc from 'fast-check';
import { encode } from '../../lib/codec.js';
import { arbitraryPacket } from '../support/arbitraryPackets.js';
import { arbitraryPacket5 } from '../support/arbitraryPackets5.js';
import { fuzzArguments } from './fuzzArguments.js';

const ENGINE = 'jsfuzz@1.0.15';
const SEEDS = 200;

const { minutes, seed } = fuzzArguments();
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tortoise-fuzz-'));
const corpus = join(folder, 'corpus');

writeFileSync(join(folder, 'package.json'), '{}');
execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ENGINE], {
  cwd: folder,
  stdio: 'inherit',
});

// What is measured is in a file of its own; of the others the engine is told to pass them over.
const common = { bundle: true, platform: 'node', format: 'cjs', target: 'es2017', logLevel: 'warning' } as const;
const unmeasured = { ...common, banner: { js: '/* istanbul ignore file */' } };
await build({
  ...common,
  entryPoints: [here('../../lib/codec.ts')],
  outfile: join(folder, 'codec.js'),
  external: ['rxjs'],
});
await build({
  ...unmeasured,
  stdin: { contents: "export * from 'rxjs';", resolveDir: here('../..') },
  outfile: join(folder, 'node_modules/rxjs/index.js'),
});
await build({
  ...unmeasured,
  entryPoints: [here('coverageTarget.ts')],
  outfile: join(folder, 'target.js'),
  external: ['rxjs'],
  plugins: [
    {
      name: 'codec',
      setup: (build) => build.onResolve({ filter: /lib\/codec\.js$/ }, () => ({ path: './codec.js', external: true })),
    },
  ],
});

mkdirSync(corpus);
for (const [i, protocolVersion] of ([4, 5] as const).entries()) {
  const packets = fc.sample(protocolVersion === 5 ? arbitraryPacket5() : arbitraryPacket(), {
    seed,
    numRuns: SEEDS / 2,
  });
  for (const [n, packet] of packets.entries()) {
    const bytes = encode(packet, { protocolVersion });
    writeFileSync(join(corpus, `seed-${i}-${n}`), Buffer.concat([Uint8Array.of(0, i, 200, 200, 200), bytes]));
  }
}

const program = join(folder, 'node_modules/jsfuzz/build/src/index.js');
const engine = spawn(process.execPath, [program, 'target.js', 'corpus'], { cwd: folder, detached: true });
const stop = () => engine.exitCode ?? process.kill(-engine.pid!, 'SIGKILL'); // the engine and its worker
process.once('SIGINT', () => stop());
const timer = setTimeout(stop, minutes * 60_000);
engine.stderr.pipe(process.stderr);

let progress = '';
let isFound = false;
for await (const line of createInterface({ input: engine.stdout })) {
  if (/^#\d+ /.test(line)) progress = line;
  else console.log(line);
  isFound ||= line.startsWith('crash was written') || line.startsWith('MEMORY OOM') || line.startsWith('timeout');
}
clearTimeout(timer);
if (engine.exitCode === null && engine.signalCode === null) await once(engine, 'exit');
const kept = readdirSync(corpus).length - SEEDS;
console.log(
  `coverage: ${progress}; ${kept} inputs kept beside ${SEEDS} packets, seed ${seed}, ${minutes} min, ${folder}`,
);
if (isFound || progress === '') process.exitCode = 1;
