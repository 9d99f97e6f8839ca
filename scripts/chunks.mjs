// Bundles what Node, Deno and Bun load, into a folder that is `dist` if none is named: a file for each entry of
// package.json, and chunks of what several have in common. bench/reasons.md says what that saves.
//
// - node: ES modules, also the program `tortoise-rx`
// - cjs: modules of CommonJS
import { build } from 'esbuild';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const SHARED = {
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  sourcesContent: false, // lib/ is in the package
  minifyWhitespace: true, // without comments; names stay, and lines are short enough for a stack trace
  lineLimit: 120,
  logLevel: 'warning',
};

/** The entries that package.json names in a folder of dist/: `index`, `codec`, … */
function entriesOf(folder) {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const paths = JSON.stringify([bin, exports]).matchAll(new RegExp(`"\\./dist/${folder}/([\\w.]+)\\.js"`, 'g'));
  return [...new Set([...paths].map(([, name]) => name))];
}

const bundle = (dist, folder) =>
  build({
    ...SHARED,
    entryPoints: entriesOf(folder).map((name) => join(root, `lib/${name}.ts`)),
    outdir: join(dist, folder),
    bundle: true,
    packages: 'external',
    format: 'esm', // esbuild divides nothing else into chunks
    splitting: true,
    chunkNames: 'chunks/[hash]',
  });

/** Makes modules of CommonJS of those that are in a folder. */
const toCommonJs = (folder) =>
  build({
    ...SHARED,
    entryPoints: readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => join(folder, file)),
    outdir: folder,
    allowOverwrite: true,
    format: 'cjs',
    supported: { 'dynamic-import': false }, // Jest has none in a module of CommonJS
  });

/** `type` decides how Node and TypeScript read a .js or .d.ts file. */
export function writeType(folder, type) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type, sideEffects: false })}\n`);
}

export async function buildChunks(dist = join(root, 'dist')) {
  await bundle(dist, 'node');
  await bundle(dist, 'cjs');
  await toCommonJs(join(dist, 'cjs'));
  writeType(join(dist, 'cjs'), 'commonjs');
}

if (process.argv[1] === import.meta.filename) await buildChunks(process.argv[2]);
