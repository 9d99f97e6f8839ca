import { expect } from 'chai';
import { BLOCKS, SHOWN } from '../docs/blocks.js';

/**
 * Checks that pages show the marked parts of programs (examples, specs), each once. A part stands between a line with
 * `docs: name` and one with `docs: end`. What else is on the pages is run by spec/docs/programs-spec.ts.
 */
export function expectShown(pages: readonly string[], programs: readonly string[]): void {
  const parts = programs.flatMap((program) => SHOWN.get(program) ?? []);
  const shown = BLOCKS.filter(({ page, kind }) => kind === 'shown' && pages.includes(page)).map(({ code }) => code);
  expect(parts.length).to.be.greaterThan(0);
  expect(shown.filter((code) => parts.includes(code))).to.have.members(parts);
}
