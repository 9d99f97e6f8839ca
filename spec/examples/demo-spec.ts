import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { mosquitto } from '../support/mosquitto.js';
import type { Ending } from '../support/running.js';
import { run } from './run.js';

const DEMO = 'examples/demo.ts';
const PATIENCE = 55_000;

/** What the last line says: sums, and in brackets the numbers for QoS 0, 1 and 2. */
function summaryOf({ stdout, stderr }: Ending) {
  const line = /^summary: (.*), reconnects (\d+)$/m.exec(stdout);
  if (!line) throw new Error(`no summary in\n${stdout}${stderr}`);
  const counts = [...line[1]!.matchAll(/(\w+) \d+ \((\d+)\/(\d+)\/(\d+)\)/g)];
  const byName = Object.fromEntries(counts.map(([, name, ...byQoS]) => [name!, byQoS.map(Number)]));
  return { ...(byName as Record<'sent' | 'received' | 'lost' | 'duplicated', number[]>), reconnects: Number(line[2]) };
}

function expectPromisesKept(ending: Ending): void {
  const { sent, received, lost, duplicated, reconnects } = summaryOf(ending);
  expect(ending.code, ending.stdout + ending.stderr).to.equal(0);
  expect(sent.every((count) => count > 50)).to.equal(true);
  expect([received[1], received[2]]).to.deep.equal([sent[1], sent[2]]);
  expect([lost[1], lost[2], duplicated[2]]).to.deep.equal([0, 0, 0]);
  expect(reconnects).to.be.at.least(1);
  expect(ending.stderr).to.equal('');
}

describe('the demo', () => {
  it('should lose nothing and double nothing at QoS 2 while its connections are cut', async () => {
    const ending = await run(DEMO, { args: ['--text', '--seconds', '5'], patience: PATIENCE });

    expectPromisesKept(ending);
    expect(ending.stdout).to.match(/CUT .* no\. 1: the connection of both/);
    expect(ending.stdout).to.match(/house +reconnected after [\d.]+ s, session kept/);
    expect(ending.stdout).to.match(/mean +.*kitchen [\d.]+ °C/);
    expect(ending.stdout, 'no colours, for this is no terminal').not.to.contain('\x1b');
  }).timeout(60_000);

  it('should do so with any broker', async () => {
    const broker = await mosquitto();
    try {
      expectPromisesKept(await run(DEMO, { args: ['--seconds', '5', '--url', broker.url], patience: PATIENCE }));
    } finally {
      await broker.stop();
    }
  }).timeout(60_000);

  it('should sum up on Ctrl-C', async () => {
    let interrupted = false;
    const ending = await run(DEMO, {
      args: ['--text'],
      patience: PATIENCE,
      onOutput: (stdout) => {
        if (interrupted || !stdout.includes('ledger')) return undefined;
        interrupted = true;
        return 'SIGINT';
      },
    });
    expectPromisesKept(ending);
  }).timeout(60_000);

  it('should say at once that nobody listens at the URL and what to do, and fail', async () => {
    for (const how of [['--text'], ['--port', '0']]) {
      const ending = await run(DEMO, { args: [...how, '--url', 'mqtt://127.0.0.1:1'], patience: 10_000 });
      expect(ending.code).to.equal(1);
      const said = ending.stdout + ending.stderr;
      expect(said).to.match(/gave up: there is no broker at 127\.0\.0\.1:1 \(.*ECONNREFUSED.*\): start one/);
    }
  }).timeout(60_000);

  it('should say that one who listens is no broker, and fail', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const ending = await run(DEMO, {
      args: ['--url', `mqtt://127.0.0.1:${port}`, '--patience', '1'],
      patience: PATIENCE,
    });
    server.close();
    expect(ending.code).to.equal(1);
    expect(ending.stdout).to.contain('gave up: the broker could not be reached within 1 s');
  }).timeout(60_000);

  for (const args of [
    ['--seconds', 'x'],
    ['--seconds', '0'],
    ['--url', 'http://a'],
    ['--url', 'a'],
    ['--port', '65536'],
    ['--port', '80', '--text'],
    ['--static', 'x', '--seconds', '5'],
    ['--what'],
    ['b'],
  ]) {
    it(`should explain itself when it is called with ${args.join(' ')}`, async () => {
      const ending = await run(DEMO, { args, patience: PATIENCE });
      expect(ending.code).to.equal(2);
      expect(ending.stderr).to.contain('Usage: npm run demo');
    }).timeout(60_000);
  }
});
