// Builds dist/: what the conditions of package.json's `exports` lead to.
//
// - dist/node, dist/cjs: what Node, Deno and Bun load, see chunks.mjs.
// - dist/esm: a module for each file of lib/, for bundlers, which drop those that nothing uses.
// - The declarations are in dist/esm and dist/cjs, one for each file as well.
//
// esm and cjs get a package.json of their own, because `type` decides how Node and TypeScript read a file.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { buildChunks } from './chunks.mjs';

rmSync('dist', { recursive: true, force: true });
await buildChunks();
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', `tsconfig.${format}.json`], {
    stdio: 'inherit',
  });
  writeFileSync(`dist/${format}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
}
chmodSync('dist/node/cli.js', 0o755);
