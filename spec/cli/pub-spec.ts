import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Subject } from 'rxjs';
import type { StopReason } from '../../lib/cli/Context.js';
import { type CommandLineOptions, type Ended, commandLine } from '../support/commandLine.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';

describe('tortoise-rx pub', () => {
  let broker: Mosquitto;
  before(async () => (broker = await mosquitto({ verbose: true })));
  after(() => broker.stop());

  const run = (args: readonly string[], options: CommandLineOptions = {}): Promise<Ended> =>
    commandLine(args, { ...options, environment: { TORTOISE_URL: broker.url } });
  const kept = async (topic: string) => (await run(['sub', topic, '--retained', 'only', '-c', '1', '--timeout', '5', '--raw'])).stdout; // prettier-ignore

  for (const qos of ['0', '1', '2']) {
    it(`should publish at QoS ${qos}, and say nothing if nobody asks`, async () => {
      const ended = await run(['pub', `a/${qos}`, 'text', '-r', '-q', qos]);
      expect(ended).to.deep.equal({ code: 0, stdout: '', stderr: '' });
      expect(await kept(`a/${qos}`)).to.equal('text');
    });
  }

  it('should print the receipt as JSON where that is asked for', async () => {
    const { stdout } = await run(['pub', 'b', 'text', '-q', '1', '--json']);
    expect(JSON.parse(stdout)).to.include({ topic: 'b', qos: 1 }).and.to.have.property('roundTrip');
  });

  it('should tell people that nobody listens', async () => {
    const { code, stderr } = await run(['pub', 'nobody', 'text', '-q', '1'], { isTerminal: true });
    expect(code).to.equal(0);
    expect(stderr).to.contain('tortoise-rx: the broker has it; nobody is subscribed to it\n');
  });

  it('should publish all of standard input as one message', async () => {
    await run(['pub', 'c', '--stdin', '-r', '-q', '1'], { input: 'one\ntwo\n' });
    expect(await kept('c')).to.equal('one\ntwo\n');
  });

  it('should publish a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tortoise-rx-'));
    try {
      writeFileSync(join(folder, 'file'), Uint8Array.of(0x41, 0, 0x42));
      await run(['pub', 'd', '--file', join(folder, 'file'), '-r', '-q', '1']);
      expect(await kept('d')).to.equal('A\0B');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('should clear a retained message', async () => {
    await run(['pub', 'e', 'kept', '-r', '-q', '1']);
    await run(['pub', 'e', '', '-r', '-q', '1']);
    expect((await run(['sub', 'e', '--timeout', '0.3'])).stdout).to.equal('');
  });

  it('should publish each line, in order, and say how many they were', async () => {
    const heard = run(['sub', 'f', '-q', '2', '-c', '2000']);
    await broker.says('SUBACK');
    const input = Array.from({ length: 2_000 }, (_, i) => `line ${i}\n`).join('');
    const ended = await run(['pub', 'f', '--lines', '-q', '2', '--json'], { input });
    expect(JSON.parse(ended.stdout)).to.include({ topic: 'f', messages: 2_000, bytes: Buffer.byteLength(input) });
    expect((await heard).stdout).to.equal(input);
  });

  it('should show how far it is on a terminal alone, and clear that', async () => {
    const input = 'x\n'.repeat(5_000);
    const { stderr, stdout } = await run(['pub', 'g', '--lines', '-q', '1'], { input, isTerminal: true });
    expect(stdout).to.equal('');
    expect(stderr).to.match(/\rg {2}[█░]+ +\d+ % {2}[\d,]+ messages {2}[\d,]+\/s {2}(\d+:\d\d left)?/);
    expect(stderr).to.match(/\r\x1b\[Ktortoise-rx: 5,000 messages published in .*s, .*\/s\n$/); // eslint-disable-line no-control-regex
    expect(await run(['pub', 'g', '--lines', '-q', '1'], { input })).to.deep.equal({ code: 0, stdout: '', stderr: '' });
  });

  it('should count where nobody knows how much there is', async () => {
    const stream = new PassThrough();
    stream.end('x\n'.repeat(100));
    const { stderr } = await run(['pub', 'h', '--lines', '-q', '1'], { input: stream, isTerminal: true });
    expect(stderr).to.match(/\rh {2}\d+ messages {2}\d+\/s {2}0:00/);
  });

  it('should stop reading and say how much was done when it is stopped', async () => {
    const stream = new PassThrough();
    const stop$ = new Subject<StopReason>();
    const ending = run(['pub', 'i', '--lines', '-q', '1', '--json'], { input: stream, stop$ });
    const heard = run(['sub', 'i', '-c', '2']);
    await broker.says('SUBACK');
    stream.write('1\n2\n');
    await heard;
    stop$.next('SIGINT');
    const { code, stdout } = await ending;
    expect(code).to.equal(130);
    expect(JSON.parse(stdout)).to.include({ topic: 'i' });
    expect(stream.destroyed).to.equal(true);
  });

  it('should fail with the time it may take', async () => {
    const stream = new PassThrough(); // which never ends
    const { code, stderr } = await run(['pub', 'j', '--stdin', '--timeout', '0.2'], { input: stream });
    expect([code, stderr]).to.deep.equal([3, 'tortoise-rx: the message was not acknowledged within 0.2 s\n']);
  });

  it('should fail when standard input cannot be read', async () => {
    const stream = new PassThrough();
    stream.destroy(new Error('broken'));
    const { code, stderr } = await run(['pub', 'k', '--lines'], { input: stream });
    expect([code, stderr]).to.deep.equal([5, 'tortoise-rx: standard input cannot be read: broken\n']);
  });

  it('should say what MQTT 3.1.1 cannot say', async () => {
    const { code, stderr } = await run(['pub', 'l', 'x', '--protocol', '4', '--property', 'contentType=text/plain']);
    expect(code).to.equal(4);
    expect(stderr).to.match(/^tortoise-rx: .*MQTT 5/);
  });
});
