import { expect } from 'chai';
import { Aedes } from 'aedes';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { run } from '../examples/run.js';
import type { Ending } from '../support/running.js';
import { BLOCKS, type Block, SHOWN } from './blocks.js';
import { ROOT, textOf } from './pages.js';

/** Milliseconds that a program may take from its first line until it has ended by itself: nothing stays open. */
const PATIENCE = 30_000;
/** What pages write; each program gets the address of a broker of its own. */
const BROKER_URL = 'mqtt://localhost:1883';

interface Program {
  readonly title: string;
  /** Without its ending. */
  readonly file: string;
  readonly text: string;
}

const programs: readonly Program[] = BLOCKS.filter(({ kind }) => kind === 'program').map((block) => ({
  title: `${block.page}:${block.line}`,
  file: `${block.page.replaceAll(/\W/g, '-')}-${block.line}`,
  text: block.program,
}));

const of = (kind: Block['kind']) => BLOCKS.filter((block) => block.kind === kind);

describe('the code in the README and in the guides', () => {
  const endings = new Map<Program, Ending>();
  let folder: string;
  let types: string;

  before(async function () {
    this.timeout(300_000);
    folder = mkdtempSync(join(import.meta.dirname, '.programs-'));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config()));
    for (const { file, text } of programs) writeFileSync(join(folder, `${file}.ts`), text);
    types = await typeCheck(folder);
    const all$ = from(programs).pipe(
      mergeMap(async (program) => endings.set(program, await runWithBroker(program, folder)), 3),
      toArray(),
    );
    await lastValueFrom(all$);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('should be TypeScript, which is what is checked and run', () => {
    const others = of('program').filter(({ language }) => language !== 'ts');
    expect(others.map(({ page, line, language }) => `${page}:${line} is ${language}, and in no example`)).to.be.empty;
    expect(programs).to.have.length.at.least(20);
  });

  it('should pass the type checker', () => expect(types).to.equal(''));

  for (const program of programs) {
    it(`should run, and end by itself: ${program.title}`, () => {
      const { code, stdout, stderr } = endings.get(program)!;
      expect(code, `${stdout}${stderr}`).to.equal(0);
      expect(stderr).to.equal('');
    });
  }

  it('should be part of a program that a spec runs, where it is part of one', () => {
    const shown = new Set(of('shown').map(({ code }) => code));
    const files = [...SHOWN].filter(([, parts]) => parts.some((part) => shown.has(part))).map(([file]) => file);
    expect(files.filter((file) => !file.startsWith('spec/') && !isNamed(file))).to.deep.equal([]);
    expect(files).to.have.length.at.least(4);
  });

  it('should be run by another spec, where its comment says so', () => {
    const pages = [...new Set(of('elsewhere').map(({ page }) => page))];
    expect(pages.filter((page) => !specs.includes(page))).to.deep.equal([]);
    expect(pages).to.include('docs/testing.md');
  });

  it('should name commands that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: object };
    const elsewhere = 'docs/cli.md'; // spec/cli/docs-spec.ts runs the commands of this page
    const commands = of('commands').filter(({ page }) => page !== elsewhere);
    const unknown = commands.flatMap(({ page, line, code }) =>
      commandsIn(code)
        .filter((command) => !exists(command, scripts))
        .map((command) => `${page}:${line}: ${command}`),
    );
    expect(unknown).to.deep.equal([]);
  });
});

/** The text of all specs but these. */
const specs = readdirSync(join(ROOT, 'spec'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('-spec.ts') && !file.startsWith('docs/'))
  .map((file) => textOf(`spec/${file}`))
  .join('\n');

/** A spec names a program by its path, or by its folder with `examples/` before it. */
function isNamed(file: string): boolean {
  const [, folder = ''] = file.split('/');
  return specs.includes(file) || specs.includes(`examples/${folder}/`) || specs.includes(`examples/${folder}'`);
}

/** The lines of a block, without comments and prompts; lines that `\` continues are one. */
function commandsIn(code: string): string[] {
  return code
    .replaceAll(/\\\n\s*/g, ' ')
    .split(/ && |\n/)
    .map((line) => line.replace(/^\$ /, '').replace(/ *#.*/, '').trim())
    .filter((line) => line !== '');
}

/** Programs that pages name, which are not part of this project: nothing here can run them. */
const OTHERS =
  /^(apt-get|brew|docker|mosquitto(_\w+)?|nats-server|openssl|curl|cd|ng|nest|export|node|bash \.ci\/run)\b/;

function exists(command: string, scripts: object): boolean {
  const [, script] = /^npm (?:run )?([\w:]+)/.exec(command) ?? [];
  if (script !== undefined) return ['ci', 'install'].includes(script) || script in scripts;
  return OTHERS.test(command) || /(^|\| )(npx )?tortoise-rx /.test(command); // spec/cli holds what the latter says
}

async function runWithBroker({ file, text }: Program, folder: string): Promise<Ending> {
  const broker = await Aedes.createBroker(); // one each, so that they do not hear one another
  const server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const path = join(folder, `${file}-run.ts`);
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(path, text.replaceAll(BROKER_URL, url));
  const env = { TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') };
  const ending = await run(path, { cwd: folder, patience: PATIENCE, env });
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return ending;
}

/** Says where the package is, for TypeScript and for tsx: its sources, so that nothing has to be built. */
function config(): object {
  const { exports } = JSON.parse(textOf('package.json')) as { exports: Record<string, unknown> };
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  return {
    extends: '../../../tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      noUnusedLocals: false,
      sourceMap: false,
      declaration: false,
      paths: Object.fromEntries(
        entries.map(([entry, target]) => [`tortoise-rx${entry.slice(1)}`, [`../../../lib/${sourceOf(target)}.ts`]]),
      ),
    },
    include: ['*.ts'],
  };
}

/** `{ import: { types: './dist/esm/codec.d.ts' } }`, or what stands in `import` alone → `codec`. */
function sourceOf(target: unknown): string {
  const conditions = JSON.stringify({ ...(target as object), browser: undefined });
  return /"types":"\.\/dist\/\w+\/(\w+)\.d\.ts"/.exec(conditions)![1]!;
}

/** All programs in one run of the compiler. Resolves with its complaints. */
function typeCheck(project: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) =>
    execFile(process.execPath, [compiler, '-p', project], (_, stdout, stderr) => resolve(stdout + stderr)),
  );
}
