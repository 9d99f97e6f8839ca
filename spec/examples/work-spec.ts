import { expect } from 'chai';
import { runAtMosquitto } from './run.js';
import { expectShown } from './shownIn.js';

const EXAMPLE = 'examples/work/orders.ts';

describe('the example of work that must not be lost', () => {
  it('should run against a Mosquitto, do all the work, and end', async () => {
    const ending = await runAtMosquitto(EXAMPLE);
    expect(ending).to.deep.equal({ code: 0, stderr: '', stdout: '1 2 3 4 readings/attic\n' });
  }).timeout(30_000);

  it('should be what docs/work.md and docs/slow-consumers.md show', () => {
    expectShown(['docs/work.md', 'docs/slow-consumers.md'], [EXAMPLE]);
  });
});
