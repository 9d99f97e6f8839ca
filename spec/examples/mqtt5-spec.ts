import { expect } from 'chai';
import { runAtMosquitto } from './run.js';
import { expectShown } from './shownIn.js';

const EXAMPLE = 'examples/mqtt5/thermostat.ts';

describe('the example of MQTT 5', () => {
  it('should run against a Mosquitto, and end', async () => {
    const ending = await runAtMosquitto(EXAMPLE);
    expect(ending, ending.stdout).to.include({ code: 0, stderr: '' });
    expect(ending.stdout)
      .to.match(/^MQTT 5, \d+ messages in flight at most$/m)
      .and.contain('nobody listens')
      .and.contain("kitchen: 20 (text/plain) { by: 'ada' }");
  }).timeout(30_000);

  it('should be what docs/mqtt5.md shows, block by block', () => {
    expectShown(['docs/mqtt5.md'], [EXAMPLE]);
  });
});
