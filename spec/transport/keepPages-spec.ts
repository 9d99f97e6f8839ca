import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Page faults a message of 1 MiB, which has 256 pages. There are 3 at the most; without anything done about it 16 to 127. */
const FEW = 10;
const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };

describe('keepPages', () => {
  // Other systems keep memory, or not, by other rules.
  if (header.glibcVersionRuntime === undefined) return;

  it('should have large payloads come into memory that was used before', async () => {
    // In a process of its own: how its memory lies, and when it is looked for garbage, must not depend on other specs.
    const args = ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'keepPagesProgram.ts')];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).to.match(/^\d/);
    expect(Number(stdout)).to.be.below(FEW);
  });
});
