import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, range } from 'rxjs';
import { type MqttClient, publishEach } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { child } from './child.js';

const SERVICE = join(import.meta.dirname, 'service.ts');
const OTHER = join(import.meta.dirname, 'nestsOwn.ts');
/** As the service says. */
const RECEIVE_MAXIMUM = 20;
/** How often the connection is lost: twice by a kill, and under MQTT 5 once in each process, see `Inbox.isDeaf`. */
const LOSSES = { 4: 2, 5: 5 };

describe('NestJS services in processes of their own, at Mosquitto', function () {
  this.timeout(120_000);
  const on = brokerStage();
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tortoise-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
  const publish = (client: MqttClient, count: number) =>
    lastValueFrom(range(count).pipe(publishEach(client, (n) => ({ topic: 'jobs/a', payload: String(n), qos: 1 }))));
  const has = (word: string) => (stdout: string) => `\n${stdout}`.includes(`\n${word}\n`);
  const when = (condition: (stdout: string) => boolean, signal: NodeJS.Signals) => (stdout: string) =>
    condition(stdout) ? signal : undefined;
  const answersIn = (stdout: string) => stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown); // prettier-ignore

  for (const version of [4, 5] as const) {
    it(`should lose no message that waited at the broker, or that a killed handler was at, under MQTT ${version}`, async () => {
      const { url } = await on.mosquitto();
      const file = join(folder, 'written');
      const options = { clientId: 'service', cleanSession: false, protocolVersion: version };
      const args = [url, file, JSON.stringify(options)];

      await child(SERVICE, args, when(has('ready'), 'SIGKILL')).ending;
      await publish(on.client(url), 500); // while it is away
      await child(SERVICE, args, when(has('150'), 'SIGKILL')).ending;
      expect(linesOf(file).length).to.be.within(150, 160);
      const isDone = () => new Set(linesOf(file)).size === 500;
      const { stderr } = await child(SERVICE, args, when(isDone, 'SIGTERM')).ending;

      expect(stderr).to.equal('');
      const all = linesOf(file);
      expect(new Set(all).size).to.equal(500);
      expect(all.length - 500).to.be.within(0, LOSSES[version] * RECEIVE_MAXIMUM);
    });
  }

  it('should share the work of a group over two processes, each message once', async () => {
    const { url } = await on.mosquitto();
    const files = ['a', 'b'].map((name) => join(folder, name));
    const counts = () => files.map((file) => linesOf(file).length);
    const isDone = () => counts().reduce((sum, count) => sum + count) >= 200;
    const workers = files.map((file, i) => {
      const options = { clientId: `worker ${i}`, sharedGroup: 'workers', protocolVersion: 5, receiveMaximum: 1_000 };
      return child(SERVICE, [url, file, JSON.stringify(options)], when(isDone, 'SIGTERM'));
    });
    await Promise.all(workers.map((worker) => worker.says(has('ready'))));
    const client = on.client(url);
    await publish(client, 200);
    await Promise.race(workers.map(({ ending }) => ending));
    await lastValueFrom(client.publish('once', '1')); // the other one hears, and ends
    await Promise.all(workers.map(({ ending }) => ending));

    expect(counts().every((count) => count > 20)).to.equal(true);
    expect(files.flatMap(linesOf).sort()).to.deep.equal(Array.from({ length: 200 }, (_, n) => String(n)).sort());
  });

  it('should finish the handlers that run when it is told to end, and no others', async () => {
    const { url } = await on.mosquitto();
    const file = join(folder, 'written');
    const options = { clientId: 'service', cleanSession: false };
    const args = [url, file, JSON.stringify(options), '300'];
    const service = child(SERVICE, args, when(has('begun'), 'SIGTERM'));
    await service.says(has('ready'));
    await publish(on.client(url), 20);
    const { code, stderr, stdout } = await service.ending;
    expect([code, stderr]).to.deep.equal([null, '']);
    const begun = stdout.split('begun').length - 1;
    expect(begun).to.be.within(1, 4);
    expect(linesOf(file)).to.have.length(begun);

    const rest = child(
      SERVICE,
      [...args.slice(0, 3), '1'],
      when(() => linesOf(file).length === 20, 'SIGTERM'),
    );
    await rest.ending;
    expect(new Set(linesOf(file)).size).to.equal(20);
    expect(linesOf(file)).to.have.length(20);
  });

  it("should answer Nest's own MQTT client, and hear its events", async () => {
    const { url } = await on.mosquitto();
    const service = child(
      SERVICE,
      [url],
      when((stdout) => stdout.includes('event'), 'SIGTERM'),
    );
    await service.says(has('ready'));
    const asked = await child(OTHER, ['ask', url], () => undefined).ending;
    const failure = { error: { status: 'error', message: 'Internal server error' } };
    expect(answersIn(asked.stdout)).to.deep.equal([[6], [1, 2, 3], failure]);
    expect((await service.ending).stdout).to.include('event {"hot":true}');
  });

  it("should ask a service of Nest's own, and be heard by it", async () => {
    const { url } = await on.mosquitto();
    const service = child(
      OTHER,
      ['serve', url],
      when((stdout) => stdout.includes('event'), 'SIGTERM'),
    );
    await service.says(has('ready'));
    const asked = await child(OTHER, ['ask', url, 'ours'], () => undefined).ending;
    const failure = { error: { status: 'error', message: 'Internal server error' } };
    expect(answersIn(asked.stdout)).to.deep.equal([[6], [1, 2, 3], failure]);
    expect((await service.ending).stdout).to.include('event {"hot":true}');
  });
});
