import { expect } from 'chai';
import { runAtMosquitto } from './run.js';
import { expectShown } from './shownIn.js';

const EXAMPLE = 'examples/typed/temperatures.ts';

describe('the example of typed payloads', () => {
  it('should run against a Mosquitto, and end', async () => {
    const ending = await runAtMosquitto(EXAMPLE);
    expect(ending, ending.stdout).to.include({ code: 0, stderr: '' });
    expect(ending.stdout)
      .to.match(/^attic: 27\.4 °C$/m)
      .and.match(/^bath: 22 °C$/m)
      .and.match(/^hall: 20 °C$/m)
      .and.match(/^value\.celsius$/m)
      .and.match(/^house\/broken\/temp: a message to "house\/broken\/temp" does not decode: value\.celsius: /m)
      .and.match(/^broken \{"celsius":"warm"\} \[/m);
  }).timeout(30_000);

  it('should be what docs/typed-payloads.md shows, block by block', () => {
    expectShown(['docs/typed-payloads.md'], [EXAMPLE]);
  });
});
