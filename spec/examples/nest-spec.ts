import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { type RequestFailedError, request } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { freePort } from '../support/freePort.js';
import { granted } from '../support/granted.js';
import { type Running, running } from '../support/running.js';
import { expectShown } from './shownIn.js';

const ROOT = join(import.meta.dirname, '../..');
const FILES = [
  'main',
  'climate.module',
  'readings.controller',
  'mean.controller',
  'log.controller',
  'health.controller',
  'readings.spec',
];

describe('the example of a NestJS service', function () {
  this.timeout(240_000);
  const on = brokerStage(5);
  let folder: string;
  let service: Running | undefined;
  before(async () => {
    folder = await mkdtemp(join(ROOT, 'spec/nestjs/.out-')); // below node_modules
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'examples/nest'), '--outDir', folder]); // prettier-ignore
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => service?.child.kill('SIGKILL'));

  it('should consume readings, emit alarms, answer requests, tell its health, and end when told to', async () => {
    const { url } = await on.mosquitto();
    const port = await freePort('127.0.0.1');
    service = running(process.execPath, [join(folder, 'examples/nest/main.js'), url], {
      cwd: ROOT,
      env: { PORT: String(port) },
    });
    await service.says(/listening at/);

    const client = on.client(url);
    const alarm = firstValueFrom(client.topic$('alarm/+room', { qos: 1 }));
    await granted(client, 'alarm/+');
    for (const celsius of [21, 31]) {
      await lastValueFrom(client.publish('house/attic/temp', JSON.stringify({ celsius }), { qos: 1 }));
    }
    expect((await alarm).params.room).to.equal('attic');
    expect((await alarm).json()).to.deep.equal({ celsius: 31 });

    const ask = (room: string) => firstValueFrom(request(client, 'climate/mean', JSON.stringify({ room })));
    expect((await ask('attic')).json()).to.deep.equal({ room: 'attic', celsius: 26 });
    const failure: unknown = await ask('cellar').catch((error: unknown) => error);
    expect((failure as RequestFailedError).reason).to.equal('there are no readings of "cellar" yet');

    const response = await fetch(`http://127.0.0.1:${port}/health`);
    const health = (await response.json()) as { mqtt: { status: string; roundTrip: number } };
    expect([response.status, health.mqtt.status]).to.deep.equal([200, 'up']);
    expect(health.mqtt.roundTrip).to.be.greaterThan(0);

    service.child.kill('SIGTERM');
    const { stdout, stderr } = await service.ended;
    expect(stderr).to.equal('');
    expect(stdout).to.include(`house/attic/temp {"celsius":31} { qos: 1, retain: false }`);
  });

  it('should be what docs/nestjs.md shows', () => {
    expectShown(
      ['docs/nestjs.md'],
      FILES.map((name) => `examples/nest/${name}.ts`),
    );
  });
});
