import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..');

/** The README and the guides, by their paths from the project's folder. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

/** The text of a page or of another file of the project. */
export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
