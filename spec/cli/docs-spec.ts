import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../lib/cli/commands.js';
import { EXIT_CODE_TEXTS } from '../../lib/cli/exitCode.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';
import { shell } from '../support/program.js';

/*
 * Each ```sh block of docs/cli.md is run by bash, from its first line to its last: the first that fails fails the spec. A
 * comment before it that begins with `<!-- spec` may hold lines that are run before.
 */

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
const BLOCKS = [...TEXT.matchAll(/^<!-- spec\n?(.*?)-->\n\n```sh\n(.*?)^```$/gms)].map(
  ([, before = '', block = '']) => ({
    before,
    block,
  }),
);

describe('docs/cli.md', function () {
  this.timeout(90_000);
  let broker: Mosquitto;
  before(async () => (broker = await mosquitto()));
  after(() => broker.stop());

  for (const { before: lines, block } of BLOCKS) {
    const title = block.split('\n').find((line) => /^[^#]*tortoise-rx/.test(line))!;
    it(`should have commands that work: ${title}`, async () => {
      const program = `set -e\n${lines}${block}`.replaceAll('mqtt://localhost:1883', broker.url);
      const { code, stdout, stderr } = await (await shell(program, { TORTOISE_URL: broker.url })).ended;
      expect(code, stdout + stderr).to.equal(0);
      expect(stderr).to.equal('');
    });
  }

  it('should run all its blocks, and know all commands and exit codes', () => {
    expect(BLOCKS.length).to.equal(TEXT.match(/^```sh$/gm)!.length);
    for (const { name } of COMMANDS) expect(TEXT).to.match(new RegExp(`^## .*: \`${name}\`$`, 'm'));
    for (const [codes] of EXIT_CODE_TEXTS) for (const code of codes.split(', ')) expect(TEXT).to.match(new RegExp(`^\\|.*\\b${code}\\b.*\\|.*\\|$`, 'm')); // prettier-ignore
  });
});
