import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Where the repository is read: files are below `/blob/HEAD/`. */
export const repository = manifest.repository.url.replace(/^git\+|\.git$/g, '');

/**
 * The entries of the package and their source files, as package.json's `exports` has them: `tortoise-rx/store/level` and
 * `lib/storeLevel.ts`.
 */
export const entries = Object.entries(manifest.exports)
  .map(([entry, target]) => [entry, target.import?.types ?? target.types])
  .filter(([, types]) => types)
  .map(([entry, types]) => ({
    name: manifest.name + entry.slice(1),
    source: types.replace(/^\.\/dist\/\w+\/(.*)\.d\.ts$/, 'lib/$1.ts'),
  }));
