import { expect } from 'chai';
import { Aedes } from 'aedes';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { type Ending, run } from './examples/run.js';

/*
 * Each ```ts block of the README is a program. An HTML comment before it that begins with `<!-- spec` holds more lines of
 * the program: `//⋯` in them stands for the block; without that, the block follows them. Readers see the block alone.
 */

const ROOT = join(import.meta.dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** Milliseconds that a program may take from its first line until it has ended by itself: nothing stays open. */
const PATIENCE = 30_000;
const BROKER_URL = 'mqtt://localhost:1883';

interface Block {
  readonly name: string;
  readonly program: string;
}

function blocks(): Block[] {
  return [...README.matchAll(/(?:^<!-- spec\n(.*?)^-->\n\n)?^```ts\n(.*?)^```$/gms)].map((match, i) => {
    const [, frame = '//⋯', block = ''] = match;
    const line = README.slice(0, match.index).split('\n').length;
    const body = frame.includes('//⋯') ? frame : `${frame}\n//⋯`;
    const imports = [...block.matchAll(/^import .*;$/gm)].map(([text]) => text).join('\n'); // may stand within a function
    const code = block.replaceAll(/^import .*;$/gm, '');
    return {
      name: `block ${i + 1}, line ${line}`,
      program: `${imports}\n${body.replace('//⋯', () => code)}\nexport {};\n`,
    };
  });
}

/** Where the package is, for TypeScript and for tsx: its sources, so that nothing has to be built. */
const CONFIG = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true,
    noUnusedLocals: false,
    sourceMap: false,
    declaration: false,
    paths: {
      'tortoise-rx': ['../../lib/index.ts'],
      'tortoise-rx/codec': ['../../lib/codec.ts'],
      'tortoise-rx/store': ['../../lib/store.ts'],
      'tortoise-rx/store/level': ['../../lib/storeLevel.ts'],
      'tortoise-rx/testing': ['../../lib/testing.ts'],
    },
  },
  include: ['*.ts'],
};

describe('README.md', () => {
  const all = blocks();
  const endings = new Map<string, Ending>();
  let folder: string;
  let types: string;

  before(async function () {
    this.timeout(180_000);
    folder = mkdtempSync(join(import.meta.dirname, '.readme-'));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
    all.forEach(({ program }, i) => writeFileSync(join(folder, `block${i + 1}.ts`), program));
    types = await typeCheck(folder);

    const brokers: Server[] = [];
    const programs$ = from(all).pipe(
      mergeMap(async ({ name, program }, i) => {
        const broker = await Aedes.createBroker(); // one each, so that they do not hear one another
        const server = createServer(broker.handle);
        brokers.push(server);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const file = join(folder, `run${i + 1}.ts`);
        const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
        writeFileSync(file, program.replaceAll(BROKER_URL, url));
        const env = { TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') };
        endings.set(name, await run(file, { cwd: folder, patience: PATIENCE, env }));
        await new Promise<void>((resolve) => broker.close(() => resolve()));
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }, 3),
      toArray(),
    );
    await lastValueFrom(programs$);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('should have code in it', () => expect(all.length).to.be.at.least(8));

  it('should have code that passes the type checker', () => expect(types).to.equal(''));

  for (const { name } of all) {
    it(`should have code that runs and ends by itself: ${name}`, () => {
      const { code, stdout, stderr } = endings.get(name)!;
      expect(code, `${stdout}${stderr}`).to.equal(0);
      expect(stderr).to.equal('');
    });
  }

  it('should name commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const commands = [...README.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, text = '']) =>
      text.trim().split(/ && |\n/),
    );
    expect(commands).to.have.length.at.least(4);
    for (const command of commands) {
      const script = /^npm (?:run )?(\w+)/.exec(command)?.[1];
      expect(script === 'ci' || (script !== undefined && script in scripts), command).to.equal(true);
    }
  });

  it('should name files that exist', () => {
    for (const [, path = ''] of README.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      expect(() => readFileSync(join(ROOT, path)), path).not.to.throw(/ENOENT/);
    }
  });
});

describe('the documents about the code', () => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });

  for (const document of ['CONTRIBUTING.md', 'DECISIONS.md', 'docs/architecture.md', 'docs/performance.md']) {
    const text = readFileSync(join(ROOT, document), 'utf8');

    it(`should name files of lib/ that exist: ${document}`, () => {
      const missing = [...text.matchAll(/`lib\/([\w./-]+)`/g)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(ROOT, 'lib', path)));
      expect(missing).to.deep.equal([]);
    });
  }

  it('should name files and methods on the way of a message that exist', () => {
    const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const sources = new Map(
      files
        .filter((file) => file.endsWith('.ts'))
        .map((file) => [file.slice(0, -3), readFileSync(join(ROOT, 'lib', file), 'utf8')]),
    );
    const folders = [...new Set([...sources.keys()].map((file) => dirname(file)))].join('|');
    const named = [...text.matchAll(new RegExp(`\\b(${folders})/(\\w+)`, 'g'))].map(([path]) => path);
    expect(named.filter((path) => !sources.has(path))).to.deep.equal([]);
    expect(named).to.have.length.at.least(20);
    const byName = new Map([...sources].map(([path, source]) => [basename(path), source]));
    const methods = [...text.matchAll(/\b([A-Z]\w+)\.([a-z]\w*\$?)/g)].filter(([, name = '']) => byName.has(name));
    const missing = methods.filter(
      ([, name = '', method = '']) => !new RegExp(`\\b${method.replace('$', '\\$')}\\b`).test(byName.get(name)!),
    );
    expect(missing.map(([method]) => method)).to.deep.equal([]);
    expect(methods).to.have.length.at.least(20);
  });
});

/** All programs in one run of the compiler. Resolves with its complaints. */
function typeCheck(project: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) =>
    execFile(process.execPath, [compiler, '-p', project], (_, stdout, stderr) => resolve(stdout + stderr)),
  );
}
