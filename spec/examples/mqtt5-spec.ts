import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mosquitto } from '../support/mosquitto.js';
import { run } from './run.js';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = 'examples/mqtt5/thermostat.ts';

describe('the example of MQTT 5', () => {
  it('should run against a Mosquitto, and end', async () => {
    const broker = await mosquitto();
    try {
      const ending = await run(EXAMPLE, { args: [broker.url], patience: 20_000 });
      expect(ending, ending.stdout).to.include({ code: 0, stderr: '' });
      expect(ending.stdout)
        .to.match(/^MQTT 5, \d+ messages in flight at most$/m)
        .and.contain('nobody listens')
        .and.contain("kitchen: 20 (text/plain) { by: 'ada' }");
    } finally {
      await broker.stop();
    }
  }).timeout(30_000);

  it('should be what docs/mqtt5.md shows, block by block', () => {
    const source = readFileSync(join(ROOT, EXAMPLE), 'utf8');
    const parts = [...source.matchAll(/\/\/ docs: (?!end)\w+\n(.*?)\/\/ docs: end\n/gs)].map(([, part]) => part);
    const page = readFileSync(join(ROOT, 'docs/mqtt5.md'), 'utf8');
    const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
    expect(blocks.length).to.equal(4);
    expect(parts).to.have.members(blocks);
  });
});
