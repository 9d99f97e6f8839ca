// Builds dist/esm and dist/cjs, and in dist/esm the program `tortoise-rx`. Each gets a package.json of its own, because
// `type` decides how Node reads a .js file.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', `tsconfig.${format}.json`], {
    stdio: 'inherit',
  });
  writeFileSync(`dist/${format}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
}
chmodSync('dist/esm/cli.js', 0o755);
