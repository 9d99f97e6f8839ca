import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, range } from 'rxjs';
import { publishEach } from '../../lib/index.js';
import { run } from '../examples/run.js';
import { brokerStage } from '../support/brokerStage.js';

const CONSUMER = join(import.meta.dirname, '../support/killedConsumer.ts');
const COUNT = 5_000;
/** As the consumer says. */
const RECEIVE_MAXIMUM = 20;

describe('a consumer that is killed, at Mosquitto', function () {
  this.timeout(120_000);
  const on = brokerStage();
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tortoise-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** How often the connection is lost: twice by a kill, and under MQTT 5 once in each process, see `Inbox.isDeaf`. */
  const losses = { 4: 2, 5: 5 };

  for (const version of [4, 5] as const) {
    it(`should have written each of 5,000 messages at QoS 1 under MQTT ${version}, and few twice`, async () => {
      const { url } = await on.mosquitto();
      const file = join(folder, 'written');
      const written = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
      const consume = (until: (stdout: string) => boolean) =>
        run(CONSUMER, {
          args: [url, file, String(version), '1'],
          patience: 60_000,
          onOutput: (stdout) => (until(stdout) ? 'SIGKILL' : undefined),
        });
      /** Whether it has written so many. */
      const wrote = (count: number) => (stdout: string) => stdout.includes(`\n${count}\n`);

      await consume((stdout) => stdout.includes('ready'));
      const publisher = on.client(url);
      const jobs$ = range(COUNT).pipe(publishEach(publisher, (n) => ({ topic: 'jobs/a', payload: String(n), qos: 1 })));
      await lastValueFrom(jobs$);

      await consume(wrote(1_500));
      await consume(wrote(1_000));
      const before = written().length;
      const ending = await consume((stdout) => wrote(COUNT - before)(stdout) && new Set(written()).size === COUNT);

      expect([ending.code, ending.stderr]).to.deep.equal([null, '']);
      const all = written();
      expect(new Set(all).size).to.equal(COUNT);
      expect(all.length - COUNT).to.be.within(0, losses[version] * RECEIVE_MAXIMUM);
    });
  }
});
