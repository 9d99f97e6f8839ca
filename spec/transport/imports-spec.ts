import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../lib/transport');

/** What each file of lib/transport imports from its own folder, types included. */
const imports = new Map(
  readdirSync(FOLDER).map((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    return [file, [...text.matchAll(/ from '\.\/([^']+)\.js';/g)].map(([, name]) => `${name}.ts`)];
  }),
);

/** The files on a circle that `file` is on, `[]` if there is none. */
function circle(file: string, path: readonly string[] = []): readonly string[] {
  if (path.includes(file)) return path.slice(path.indexOf(file));
  for (const next of imports.get(file) ?? []) {
    const found = circle(next, [...path, file]);
    if (found.length > 0) return found;
  }
  return [];
}

describe('the imports of lib/transport', () => {
  for (const file of imports.keys()) {
    it(`should not lead back to ${file}`, () => {
      expect(circle(file)).to.deep.equal([]);
    });
  }
});
