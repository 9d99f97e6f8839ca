// Builds dist/: what the conditions of package.json's `exports` lead to.
//
// - dist/node, dist/cjs: what Node, Deno and Bun load, see chunks.mjs.
// - dist/esm: a module for each file of lib/, for bundlers, which drop those that nothing uses.
// - The declarations are in dist/esm and dist/cjs, one for each file as well.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { buildChunks, writeType } from './chunks.mjs';

rmSync('dist', { recursive: true, force: true });
await buildChunks();
for (const format of ['esm', 'cjs']) {
  const compiler = ['node_modules/typescript/bin/tsc', '-p', `tsconfig.${format}.json`];
  execFileSync(process.execPath, compiler, { stdio: 'inherit' });
}
writeType('dist/esm', 'module');
chmodSync('dist/node/cli.js', 0o755);
