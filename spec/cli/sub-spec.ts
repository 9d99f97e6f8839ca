import { expect } from 'chai';
import { Subject, firstValueFrom, lastValueFrom } from 'rxjs';
import { createClient } from '../../lib/index.js';
import type { StopReason } from '../../lib/cli/Context.js';
import { type CommandLineOptions, type Ended, commandLine } from '../support/commandLine.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';

describe('tortoise-rx sub', () => {
  let broker: Mosquitto;
  before(async () => (broker = await mosquitto({ denied: 'secret/#' })));
  after(() => broker.stop());

  const environment = () => ({ TORTOISE_URL: broker.url });
  const run = (args: readonly string[], options: CommandLineOptions = {}): Promise<Ended> =>
    commandLine(args, { ...options, environment: { ...environment(), ...options.environment } });

  /** Publishes, retained, so that it does not matter who is first. */
  async function keep(messages: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const client = createClient(broker.url);
    for (const [topic, payload] of Object.entries(messages)) {
      await firstValueFrom(client.publish(topic, payload, { qos: 1, retain: true }));
    }
    await lastValueFrom(client.end());
  }

  for (const protocol of ['4', '5', 'auto']) {
    it(`should print messages, by --protocol ${protocol}`, async () => {
      await keep({ 'a/1': 'one', 'a/2': 'zwei, mit Grüßen' });
      const { code, stdout, stderr } = await run(['sub', 'a/#', '-c', '2', '-v', '--protocol', protocol]);
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      expect(stdout.split('\n').sort()).to.deep.equal(['', 'a/1 one', 'a/2 zwei, mit Grüßen']);
    });
  }

  it('should take the URL as the first argument', async () => {
    await keep({ 'b/1': 'one' });
    const ended = await commandLine(['sub', broker.url, 'b/1', '-c', '1']);
    expect(ended).to.deep.equal({ code: 0, stdout: 'one\n', stderr: '' });
  });

  it('should print lines of JSON, with bytes that are no text in Base64', async () => {
    await keep({ 'c/1': '"one"\n\x1b[2J\u009b', 'c/2': Uint8Array.of(0xff, 0) });
    const { stdout } = await run(['sub', 'c/1', 'c/2', '-c', '2', '--json', '-q', '1']);
    expect(stdout).not.to.match(/[^\n\x20-\x7e]/);
    const [one, two] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .sort((a, b) => String(a['topic']).localeCompare(String(b['topic'])));
    expect(one).to.deep.include({ topic: 'c/1', payload: '"one"\n\x1b[2J\u009b', qos: 1, retain: true, dup: false });
    expect(two).to.deep.include({ topic: 'c/2', payloadBase64: '/wA=' });
    expect(one).not.to.have.any.keys('properties', 'payloadBase64');
    expect(new Date(String(one!['time'])).getFullYear()).to.be.at.least(2024);
  });

  it('should print the properties of MQTT 5', async () => {
    const properties = ['--property', 'contentType=text/plain', '--property', 'correlationData=id', '--user-property', 'a=1', '--user-property', 'a=2']; // prettier-ignore
    await run(['pub', 'd/1', 'x', '-r', '-q', '1', ...properties]);
    const { stdout } = await run(['sub', 'd/1', '-c', '1', '--json']);
    expect((JSON.parse(stdout) as Record<string, unknown>)['properties']).to.deep.equal({
      contentType: 'text/plain',
      correlationData: 'aWQ=',
      userProperties: [
        ['a', '1'],
        ['a', '2'],
      ],
    });
  });

  it('should show control characters as text on a terminal, and not touch them in a pipe', async () => {
    await keep({ 'e/text': 'a\x1b[2J\r\nb\tc', 'e/bytes': Uint8Array.of(0xff, 0x9b, 0x41) });
    const args = ['sub', 'e/#', '-c', '2', '-v'];
    const shown = await run(args, { isTerminal: true, environment: { NO_COLOR: '1' } });
    expect(shown.stdout).to.contain('a\\x1b[2J\\r\nb\tc\n').and.to.contain('e/bytes ‹3 bytes: ff 9b 41›\n');
    expect((await run(args)).stdout).to.contain('a\x1b[2J\r\nb\tc\n');
    expect((await run(['sub', 'e/bytes', '-c', '1', '--raw'])).stdout).to.equal(
      Buffer.from([0xff, 0x9b, 0x41]).toString(),
    );
  });

  it('should be choosy about retained messages where that is asked for', async () => {
    await keep({ 'f/1': 'kept' });
    expect(await run(['sub', 'f/1', '--retained', 'only', '-c', '1'])).to.include({ code: 0, stdout: 'kept\n' });
    const late = await run(['sub', 'f/1', '--retained', 'without', '-c', '1', '--timeout', '0.3']);
    expect(late).to.deep.equal({ code: 3, stdout: '', stderr: 'tortoise-rx: no message has come within 0.3 s\n' });
  });

  it('should end after a time, which is a failure only if something was awaited', async () => {
    await keep({ 'g/1': 'kept' });
    expect(await run(['sub', 'g/1', '--timeout', '0.3'])).to.deep.equal({ code: 0, stdout: 'kept\n', stderr: '' });
    const late = await run(['sub', 'g/1', '-c', '2', '--timeout', '0.3']);
    expect([late.code, late.stderr]).to.deep.equal([3, 'tortoise-rx: fewer than 2 messages have come within 0.3 s\n']);
  });

  it('should keep the session where that is asked for, and lose nothing of it', async () => {
    const args = ['sub', 'h/#', '-q', '1', '--client-id', 'till', '--keep-session'];
    await run([...args, '--timeout', '0.5']);
    await run(['pub', 'h/x', '--lines', '-q', '1', '--window', '1'], { input: '1\n2\n3\n4\n' });
    const [one, two] = [await run([...args, '-c', '2']), await run([...args, '-c', '2'])];
    expect([one.stdout, two.stdout]).to.deep.equal(['1\n2\n', '3\n4\n']);
  });

  it('should fail when the broker refuses the topic filter', async () => {
    for (const protocol of ['4', '5']) {
      const { code, stderr } = await run(['sub', 'secret/x', '--protocol', protocol]);
      expect(code).to.equal(4);
      expect(stderr).to.match(/^tortoise-rx: the broker refused .*"secret\/x"/);
    }
  });

  it('should fail at once when there is no broker, unless it is to go on trying', async () => {
    const environment = { TORTOISE_URL: 'mqtt://127.0.0.1:1' };
    const { code, stderr } = await run(['sub', 'a'], { environment });
    expect(code).to.equal(2);
    expect(stderr).to.equal('tortoise-rx: cannot connect to 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n');
    const patient = await run(['sub', 'a', '--retry', '-c', '1', '--timeout', '0.5'], { environment });
    expect(patient.code).to.equal(3);
    expect(patient.stderr).to.match(/ECONNREFUSED 127.0.0.1:1; next attempt in .*s\n.*no message has come within 0.5 s; cannot connect/); // prettier-ignore
  });

  it('should take credentials from the environment, options and the URL, and never show them', async () => {
    const locked = await mosquitto({ users: { anna: 'hidden' } });
    try {
      const withUser = locked.url.replace('//', '//anna:hidden@');
      const environment = { TORTOISE_USERNAME: 'anna', TORTOISE_PASSWORD: 'hidden' };
      for (const [args, variables] of [
        [['pub', locked.url, 'a', 'x'], environment],
        [['pub', locked.url, 'a', 'x', '--username', 'anna', '--password', 'hidden'], {}],
        [['pub', withUser, 'a', 'x'], {}],
        [['pub', 'a', 'x'], { TORTOISE_URL: withUser }],
      ] as const) {
        const { code, stdout, stderr } = await commandLine([...args, '--debug'], { environment: variables });
        expect(code, stderr).to.equal(0);
        expect(stdout + stderr)
          .to.contain('CONNECT')
          .and.not.to.contain('hidden');
      }
      const wrong = await commandLine(['pub', locked.url, 'a', 'x', '--username', 'anna', '--password', 'wrong']);
      expect(wrong.code).to.equal(2);
      expect(wrong.stderr).to.match(/^tortoise-rx: the broker refused the connection: /);
    } finally {
      await locked.stop();
    }
  });

  it('should say DISCONNECT when it is stopped', async () => {
    const stop$ = new Subject<StopReason>();
    const ending = run(['sub', 'i/#', '--client-id', 'stopped'], { stop$ });
    await broker.says('as stopped');
    const disconnected = broker.says('stopped disconnected');
    stop$.next('SIGTERM');
    expect(await ending).to.deep.equal({ code: 0, stdout: '', stderr: '' });
    await disconnected;
    expect(broker.output).not.to.contain('stopped closed its connection');
  });

  it('should connect again when the connection is lost, and say so', async () => {
    const other = await mosquitto();
    try {
      const ending = run(['sub', 'j', '-c', '1'], { environment: { TORTOISE_URL: other.url } });
      await other.says('New client connected');
      await other.restart();
      await commandLine(['pub', other.url, 'j', 'after', '-r', '-q', '1']);
      const { code, stdout, stderr } = await ending;
      expect([code, stdout]).to.deep.equal([0, 'after\n']);
      expect(stderr).to.match(
        /^tortoise-rx: .*; next attempt in .* ?m?s\n[^]*tortoise-rx: connected again after .*s\n$/,
      );
    } finally {
      await other.stop();
    }
  });
});
