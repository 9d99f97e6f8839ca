import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandLine } from '../support/commandLine.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';
import { inTerminal, program, shell, tortoise } from '../support/program.js';
import { run } from '../examples/run.js';

const CTRL_C = '\x03';

describe('the program tortoise-rx', function () {
  this.timeout(90_000);
  let broker: Mosquitto;
  before(async () => {
    broker = await mosquitto({ verbose: true });
    await program();
  });
  after(() => broker.stop());

  const environment = () => ({ TORTOISE_URL: broker.url });
  const publish = (topic: string, text: string) => commandLine(['pub', broker.url, topic, text, '-q', '1', '-r']);

  it('should start from its sources', async () => {
    const { code, stdout } = await run('lib/cli.ts', { args: ['--version'], patience: 80_000 });
    expect(code).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+.*\n$/);
  });

  it('should not touch standard input where it does not read it', async () => {
    const trap = `Object.defineProperty(process, 'stdin', { get() { throw new Error('it was touched'); } });`;
    const more = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(trap)}` };
    const running = await tortoise(['pub', 'untouched', 'x', '-q', '1'], { ...environment(), ...more });
    expect(await running.ended).to.deep.equal({ code: 0, stdout: '', stderr: '' });
  });

  it('should end in a pipe that is closed, without an error', async () => {
    const line = "yes | tortoise-rx pub pipe --lines -q 1 --json >/dev/null & tortoise-rx sub pipe | head -n 1; echo ${PIPESTATUS[*]}; kill %1; wait"; // prettier-ignore
    const running = await shell(`set -m; ${line} 2>/dev/null`, environment());
    const { stdout, stderr } = await running.ended;
    expect(stdout.split('\n').slice(1, 2)).to.deep.equal(['0 0']);
    expect(stderr).not.to.match(/EPIPE|tortoise-rx:/);
  });

  it('should lose nothing of a session when nobody reads any more', async () => {
    const sub = `tortoise-rx sub 'q/#' -q 1 --client-id reader --keep-session --timeout`;
    const pub = 'tortoise-rx pub q/x -q 1';
    const line = `${sub} 0.2; ${pub} one; ${sub} 60 | { head -n 1; exec </dev/null; ${pub} two; }; ${sub} 1`;
    const { stdout } = await (await shell(line, environment())).ended;
    expect(stdout).to.equal('one\ntwo\n');
  });

  it('should say that what was asked for could not be written', async () => {
    await publish('full/1', 'one');
    const { code, stderr } = await (await shell("tortoise-rx sub 'full/#' -c 1 > /dev/full", environment())).ended;
    expect(code).to.equal(5);
    expect(stderr).to.match(/^tortoise-rx: standard output cannot be written: ENOSPC.*\n$/);
  });

  it('should end in a pipe when it has what was asked for', async () => {
    await publish('p/1', 'one');
    const running = await shell("tortoise-rx sub 'p/#' -c 1 --json | head -n 3", environment());
    const { code, stdout } = await running.ended;
    expect([code, (JSON.parse(stdout) as { payload: string }).payload]).to.deep.equal([0, 'one']);
  });

  for (const [signal, ofEndless, ofOther] of [
    ['SIGINT', 0, 130],
    ['SIGTERM', 0, 143],
    ['SIGHUP', 0, 129],
  ] as const) {
    it(`should say DISCONNECT and end on ${signal}`, async () => {
      await publish('s/1', 'here');
      for (const [more, code] of [
        [[], ofEndless],
        [['-c', '2'], ofOther],
      ] as const) {
        const id = `on-${signal}-${more.length}`;
        const running = await tortoise(['sub', 's/1', '--client-id', id, ...more], environment());
        await running.says(/here\n/);
        running.child.kill(signal);
        expect(await running.ended).to.deep.equal({ code, stdout: 'here\n', stderr: '' });
        expect(broker.output).to.contain(`Received DISCONNECT from ${id}`);
      }
    });
  }

  it('should hide a password that stands on its command line', async () => {
    await publish('ps/1', 'here');
    const running = await tortoise(['sub', 'ps/1', '--username', 'anna', '--password', 'hidden'], environment());
    await running.says(/here/);
    const shown = readFileSync(`/proc/${running.child.pid}/cmdline`, 'utf8');
    running.child.kill('SIGINT');
    await running.ended;
    expect(shown)
      .to.match(/^tortoise-rx/)
      .and.not.to.contain('hidden');
  });

  it('should be safe and coloured on a terminal, and end by Ctrl-C', async () => {
    await publish('t/1', 'red \x1b[31m\x1b]0;title\x07');
    const running = await inTerminal(['sub', 't/#', '-v'], environment());
    await running.says(/title/);
    running.child.stdin.write(CTRL_C);
    const { code, stdout } = await running.ended;
    expect(code).to.equal(0);
    expect(stdout).to.contain('\x1b[36mt/1\x1b[39m red \\x1b[31m\\x1b]0;title\\x07\r\n');
  });

  it('should show a progress bar on a terminal while a file is published, and stop at Ctrl-C', async () => {
    const line = `seq 10000000 > "$HOME/lines" && exec "${process.execPath}" "${await program()}" pub lines --lines -q 1 < "$HOME/lines"`; // prettier-ignore
    const folder = mkdtempSync(join(tmpdir(), 'tortoise-rx-'));
    const running = await shell(`script -qefc '${line}' /dev/null`, { ...environment(), HOME: folder, TERM: 'xterm' });
    await running.says(/lines {2}[█░]+ +\d+ % .*left/);
    running.child.stdin.write(CTRL_C);
    const { code, stdout } = await running.ended;
    rmSync(folder, { recursive: true });
    expect(code).to.equal(130);
    expect(stdout).to.match(/tortoise-rx: [\d,]+ messages published in .*\r\n$/);
  });

  it('should show a live table that fits the terminal, also when that is resized, and leave it as it was', async () => {
    await publish('w/bath', '24.5');
    await publish('w/attic', '27.1');
    const running = await inTerminal(['watch', 'w/#'], environment(), [100, 10]);
    await running.says(/w\/attic.*27\.1[^]*w\/bath.*24\.5[^]*LAST 30 S|LAST 30 S[^]*w\/attic.*27\.1[^]*w\/bath/);
    const [terminal = ''] = /\/dev\/pts\/\d+/.exec(running.stdout()) ?? [];
    await promisify(execFile)('stty', ['-F', terminal, 'cols', '50', 'rows', '6']);
    const before = running.stdout().length;
    await running.says(new RegExp(`^[^]{${before}}[^]*TOPIC +LAST +MESSAGES +PER S\\x1b\\[[^L]*w/attic`));
    running.child.stdin.write(CTRL_C);
    const { code, stdout } = await running.ended;
    expect(code).to.equal(0);
    const [, after] = stdout.split('\x1b[?25h\x1b[?1049l');
    expect(after).to.match(/^[^]*w\/attic[^]*27\.1[^]*w\/bath[^]*\r\n$/);
  });

  it('should leave the terminal as it was also when it fails', async () => {
    const fault = `process.stdin.once('data', () => { throw new Error('a slip'); });`;
    const more = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` };
    const running = await inTerminal(['watch', 'w/#'], { ...environment(), ...more });
    await running.says(/MESSAGES/);
    running.child.stdin.write('\n');
    const { code, stdout } = await running.ended;
    expect(code).to.equal(70);
    const [, after] = stdout.split('\x1b[?25h\x1b[?1049l');
    expect(after).to.match(/a fault of this program, please report it: Error: a slip/);
  });

  it('should print lines instead of a table in a pipe', async () => {
    await publish('x/bath', '24.5');
    const watched = async (...more: string[]) => {
      const running = await tortoise(['watch', 'x/#', ...more], environment());
      await running.says(/\n/);
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).to.equal(0);
      return stdout;
    };
    expect(await watched()).to.match(/^x\/bath\t1\t(1|0\.\d)(\.0)?\t24\.5\n$/);
    expect(JSON.parse(await watched('--json'))).to.include({ topic: 'x/bath', count: 1, value: '24.5', retain: true });
  });
});
