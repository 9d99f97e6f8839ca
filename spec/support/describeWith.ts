import type { Suite } from 'mocha';

/** A program that some specs need, and that not every machine has. */
export interface Program {
  readonly name: string;
  /** Where it is, if it is anywhere. */
  readonly path: string | undefined;
  readonly install: string;
}

/**
 * Describes what can only be seen with certain programs. Where one is missing there is a line that cannot be overlooked
 * and nothing is described; in CI (`CI` is set) it is an error.
 */
export function describeWith(programs: readonly Program[], title: string, body: (this: Suite) => void): void {
  const missing = programs.filter(({ path }) => path === undefined);
  if (missing.length === 0) return void describe(title, body);
  const why = missing.map(({ name, install }) => `${name} is missing: ${install}`).join('; ');
  if (process.env['CI']) throw new Error(`${title}: ${why}`);
  console.error(`\n  ▲▲▲ NOT TESTED: ${title}. ${why}\n`);
}
