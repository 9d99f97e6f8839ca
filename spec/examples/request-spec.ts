import { expect } from 'chai';
import { runAtMosquitto } from './run.js';
import { expectShown } from './shownIn.js';

const EXAMPLE = 'examples/requestResponse/thermostats.ts';

describe('the example of request and response', () => {
  it('should run against a Mosquitto, and end', async () => {
    const ending = await runAtMosquitto(EXAMPLE);
    expect(ending, ending.stdout).to.include({ code: 0, stderr: '' });
    const said = ['attic 27.4', 'it says there is no room "cellar"', 'light off', 'rooms attic, kitchen', 'mean 22'];
    for (const line of [...said, 'shadows 27.4, 21.5', 'Error: the shadow has no cellar']) {
      expect(ending.stdout.split('\n')).to.include(line);
    }
  }).timeout(30_000);

  it('should be what docs/request-response.md shows, block by block', () => {
    expectShown(['docs/request-response.md'], [EXAMPLE]);
  });
});
