import { expect } from 'chai';
import { runAtMosquitto } from './run.js';
import { expectShown } from './shownIn.js';

const EXAMPLE = 'examples/telemetry/shop.ts';

describe('the example of telemetry', () => {
  it('should run against a Mosquitto, have one trace from the order to the parcel, and end', async () => {
    const ending = await runAtMosquitto(EXAMPLE);
    expect(ending, ending.stdout).to.include({ code: 0, stderr: '' });
    expect(ending.stdout).to.contain('packed/7 with its trace');
    const tree = ['sell', '  send', '    process orders/+id', '      send', '        process packed/+id'];
    expect(ending.stdout).to.contain(tree.join('\n'));
    expect(ending.stdout)
      .to.match(/^send packed\/\{id\}$/m)
      .and.match(/^send house\/\+room\/temp$/m);
  }).timeout(30_000);

  it('should be what docs/opentelemetry.md shows, block by block', () => {
    expectShown(['docs/opentelemetry.md'], [EXAMPLE]);
  });
});
