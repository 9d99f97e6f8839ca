import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Checks that the TypeScript blocks of pages are the marked parts of programs, which begin with a line `// docs: name` and
 * end with `// docs: end`: each part is shown once, and nothing else is.
 */
export function expectShown(pages: readonly string[], programs: readonly string[]): void {
  const found = (files: readonly string[], pattern: RegExp) =>
    files.flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map(([, text]) => text));
  const parts = found(programs, /\/\/ docs: (?!end)\w+\n(.*?)\/\/ docs: end\n/gs);
  const blocks = found(pages, /^```ts\n(.*?)^```$/gms);
  expect(parts.length).to.be.greaterThan(0);
  expect(blocks).to.have.members(parts);
}
