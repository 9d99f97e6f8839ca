import { expect } from 'chai';
import { COMMANDS } from '../../lib/cli/commands.js';
import { commandLine } from '../support/commandLine.js';

describe('the command line', () => {
  it('should tell what it can when it is asked nothing, and fail', async () => {
    const { code, stdout, stderr } = await commandLine([]);
    expect(code).to.equal(1);
    expect(stdout).to.equal('');
    for (const { name } of COMMANDS) expect(stderr).to.match(new RegExp(`^  ${name} `, 'm'));
  });

  for (const args of [['--help'], ['-h'], ['help']]) {
    it(`should tell so with ${args.join(' ')}, and not fail`, async () => {
      const { code, stdout, stderr } = await commandLine(args);
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.match(/^Usage: tortoise-rx COMMAND/);
      expect(stdout).to.match(/^ {2}130, 143 +ended by Ctrl-C/m);
    });
  }

  it('should tell its version', async () => {
    expect(await commandLine(['--version'])).to.deep.equal({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  for (const { name, options, examples } of COMMANDS) {
    it(`should tell all about ${name}`, async () => {
      const { code, stdout } = await commandLine([name, '--help']);
      expect(code).to.equal(0);
      expect(await commandLine(['help', name])).to.include({ stdout });
      for (const { options: some } of options) for (const one of some) expect(stdout).to.contain(`--${one.name}`);
      expect(examples.length).to.be.at.least(3);
      for (const [, line] of examples) expect(stdout).to.contain(`  tortoise-rx ${line}\n`);
      for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80);
    });

    it(`should have names of options for ${name} that are all different`, () => {
      const all = options.flatMap((group) => group.options);
      const names = [...all.map((one) => one.name), ...all.flatMap(({ short }) => short ?? [])];
      expect(names).to.deep.equal([...new Set(names)]);
    });
  }

  it('should have no colours but on a terminal that wants them', async () => {
    // eslint-disable-next-line no-control-regex
    const COLOUR = /\x1b\[/;
    const help = async (isTerminal: boolean, environment = {}) =>
      (await commandLine(['--help'], { isTerminal, environment })).stdout;
    expect(await help(false)).not.to.match(COLOUR);
    expect(await help(true)).to.match(COLOUR);
    expect(await help(true, { NO_COLOR: '1' })).not.to.match(COLOUR);
    expect(await help(true, { NO_COLOR: '' })).to.match(COLOUR);
    expect(await help(true, { TERM: 'dumb' })).not.to.match(COLOUR);
    expect(await help(false, { FORCE_COLOR: '1' })).to.match(COLOUR);
  });

  for (const [args, complaint] of [
    [['sbu', 'a'], 'there is no command "sbu". Did you mean sub?\nSee tortoise-rx --help'],
    [['mqtt://anna:hidden@host', 'sub', 'a'], 'the command comes first, and the URL behind it'],
    [['listen'], 'there is no command "listen". There are sub, pub, request, watch, bench, doctor'],
    [['sub'], "sub: there is no topic filter: give one, such as 'house/#'\nSee tortoise-rx sub --help"],
    [['sub', 'a', '--qso', '1'], 'sub: there is no option --qso; did you mean --qos?\nSee tortoise-rx sub --help'],
    [['sub', 'a', '-q', '3'], 'sub: --qos: expected a whole number from 0 to 2, got "3"'],
    [['sub', 'a', '-c', '0'], 'sub: --count: expected a whole number from 1, got "0"'],
    [['sub', 'a', '--retained', 'no'], 'sub: --retained: expected with, without or only, got "no"'],
    [['sub', 'a', '--json', '--raw'], 'sub: --json and --raw exclude each other: give one of them'],
    [['sub', 'a', '--keep-session'], 'sub: --keep-session needs --client-id'],
    [['sub', 'a/#/b', '-u', 'mqtt://127.0.0.1:1'], 'invalid topic "a/#/b"'],
    [['sub', 'a', '-u', 'localhost:1883'], '--url: expected a URL such as mqtt://localhost:1883, or a Transport, got localhost:1883 without a scheme: write mqtt://localhost:1883'], // prettier-ignore
    [
      ['sub', 'a', '--ca', '/no/file'],
      "sub: --ca: the file cannot be read: ENOENT: no such file or directory, open '/no/file'",
    ],
    [['sub', 'a', '--insecure'], '--ca, --cert, --key, --insecure, --servername: expected mqtts:// or wss:// in --url'],
    [['sub', 'a', '--will-retain'], 'sub: --will-retain needs --will-topic'],
    [['sub', 'a', '--protocol', '3'], 'sub: --protocol: expected 4, 5 or auto, got "3"'],
    [['pub'], 'pub: there is no topic'],
    [
      ['pub', 'a'],
      "pub: there is no payload: give it as an argument ('' for an empty one), --stdin, --file or --lines",
    ],
    [['pub', 'a', 'b', 'c'], 'pub: there are too many arguments: put a payload with spaces in quotes'],
    [['pub', 'a', 'b', '--lines'], 'pub: there is a payload as an argument and --lines'],
    [['pub', 'a', 'b', '--stdin'], 'pub: there is a payload as an argument and --stdin'],
    [['pub', 'a', '--file', '/no/file'], 'pub: --file: the file cannot be read'],
    [['pub', 'a', 'b', '--window', '5'], 'pub: --window needs --lines'],
    [['pub', 'a', 'b', '--property', 'contenttype=x'], 'pub: --property: there is no contenttype; did you mean contentType? For one of your own there is --user-property'], // prettier-ignore
    [['pub', 'a', 'b', '--property', 'x=y'], 'pub: --property: there is no x; there are contentType, responseTopic, correlationData, messageExpiryInterval, payloadFormatIndicator. For one of your own there is --user-property'], // prettier-ignore
    [['pub', 'a', 'b', '--user-property', 'x'], 'pub: --user-property: expected NAME=VALUE, got "x"'],
    [['pub', 'a/+', 'b', '-u', 'mqtt://127.0.0.1:1'], 'invalid topic "a/+"'],
    [['bench', 'mqtt://a', 'b'], 'bench: there are too many arguments: only the URL of a broker'],
    [
      ['doctor', 'mqtt://a', '-u', 'mqtt://b'],
      'doctor: the broker is given twice, by --url and by an argument: give it once',
    ],
    [['doctor', 'a'], '--url: expected a URL such as mqtt://localhost:1883, or a Transport, got a without a scheme'],
  ] as const) {
    it(`should say what is wrong with ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await commandLine(args);
      expect(stderr).to.contain(`tortoise-rx: ${complaint}`);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).not.to.contain('hidden');
    });
  }
});
