import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LIB = join(import.meta.dirname, '../lib');

const GROUND = ['errors.ts', 'text.ts', 'Recent.ts'];
const BELOW_STORES = ['session', 'packet', 'topic', 'errors.ts'];
const BELOW_CONNECTION = [...GROUND, 'rxjs', 'topic', 'packet', 'session', 'stream', 'transport'];

/** The table of ARCHITECTURE.md: what each layer may import. A file of its own is a layer. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  'errors.ts': ['errors'],
  'text.ts': [],
  'Recent.ts': [],
  topic: GROUND,
  packet: GROUND,
  session: ['packet', 'topic', ...GROUND],
  stream: ['rxjs', 'packet', 'errors.ts'],
  transport: ['rxjs', 'errors.ts', 'node:', 'ws'],
  connection: BELOW_CONNECTION,
  client: [...BELOW_CONNECTION, 'connection'],
  verbs: [...BELOW_CONNECTION, 'connection', 'client'],
  store: BELOW_STORES,
  testing: ['rxjs', 'codec.ts', 'everywhere.ts', 'transport', 'stream', ...BELOW_STORES],
  devtools: ['rxjs', 'everywhere.ts'],
  'devtools.ts': ['devtools'],
  cli: ['rxjs', 'index.ts', 'node:'],
  'cli.ts': ['cli', 'node:'],
  otel: ['rxjs', '@opentelemetry/api', 'everywhere.ts'],
  'otel.ts': ['otel'],
  angular: ['rxjs', '@angular/core', 'everywhere.ts', 'index.browser.ts'],
  'angular.ts': ['angular'],
  'store.ts': ['session', 'store'],
  'storeLevel.ts': ['store'],
  'testing.ts': ['testing', 'transport'],
  nestjs: ['rxjs', 'index.ts', '@nestjs/common', '@nestjs/microservices'],
  'nestjs.ts': ['nestjs'],
  'codec.ts': ['errors.ts', 'packet', 'stream'],
  'everywhere.ts': [...GROUND, 'topic', 'packet', 'session', 'stream', 'transport', 'connection', 'client', 'verbs'],
  'index.ts': ['errors.ts', 'everywhere.ts', 'transport', 'connection', 'client'],
  'index.browser.ts': ['everywhere.ts', 'transport', 'connection', 'client'],
};

/** An import or a re-export. */
interface Import {
  readonly file: string;
  /** A file of lib/, or what stands in `from`. */
  readonly from: string;
  /** Whether it is gone when the code runs. */
  readonly isType: boolean;
}

type Sources = ReadonlyMap<string, string>;

/** All files of lib/, by their paths there. */
function readLib(): Sources {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file, readFileSync(join(LIB, file), 'utf8')]));
}

function importsOf(sources: Sources): Import[] {
  return [...sources].flatMap(([file, text]) => {
    const statements = text.matchAll(/^(?:import|export)\b([^;'"]*?)\bfrom\s*'([^']+)'/gms);
    const bare = text.matchAll(/^import()\s*'([^']+)'/gms);
    const dynamic = text.matchAll(/\bimport()\(\s*'([^']+)'\s*\)/gms);
    return [...statements, ...bare, ...dynamic].map(([, what = '', from = '']) => ({
      file,
      from: from.startsWith('.') ? join(dirname(file), from).replace(/\.js$/, '.ts') : from,
      isType: what.trim().startsWith('type'),
    }));
  });
}

/** The layer of a file, or of what is imported. Types of Node are their own: they are gone when the code runs. */
function layerOf(path: string, isType = false): string {
  if (path.startsWith('node:')) return isType ? `${path} types` : path;
  return /^(@[^/]+\/)?[^/]+/.exec(path)![0];
}

/** Imports that the table does not allow. */
function forbidden(sources: Sources): string[] {
  const isAllowed = ({ file, from, isType }: Import) => {
    const [layer, imported] = [layerOf(file), layerOf(from, isType)];
    if (layer === imported) return true;
    return LAYERS[layer]?.some((ok) => (ok === 'node:' ? imported.startsWith(ok) : imported === ok)) === true;
  };
  return importsOf(sources)
    .filter((one) => !isAllowed(one))
    .map(({ file, from }) => `${file} imports ${from}`);
}

/** Files that import one another in a circle, type imports included: one path for each that is found. */
function circles(sources: Sources): string[] {
  const next = new Map<string, string[]>();
  for (const { file, from } of importsOf(sources)) {
    if (sources.has(from)) next.set(file, [...(next.get(file) ?? []), from]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const imported of next.get(file) ?? []) visit(imported);
    path.pop();
    done.add(file);
  };
  for (const file of sources.keys()) visit(file);
  return found;
}

/** Files that run when `entry` does: type imports are left out. */
function loadedBy(entry: string, sources: Sources): ReadonlySet<string> {
  const imports = importsOf(sources).filter(({ isType }) => !isType);
  const loaded = new Set([entry]);
  for (const file of loaded) for (const one of imports) if (one.file === file) loaded.add(one.from);
  return loaded;
}

/** lib/ with other or changed files. */
function planted(files: Readonly<Record<string, string>>): Sources {
  return new Map([...readLib(), ...Object.entries(files)]);
}

describe('the layers', () => {
  it('should import only what ARCHITECTURE.md allows them to', () => {
    const sources = readLib();
    expect(forbidden(sources)).to.deep.equal([]);
    expect(importsOf(sources).length).to.be.greaterThan(300);
    expect(importsOf(sources).filter(({ from }) => from.endsWith('.ts') && !sources.has(from))).to.deep.equal([]);
  });

  for (const [file, text] of [
    ['session/planted.ts', "import { Observable } from 'rxjs';"],
    ['stream/planted.ts', "import type { Moment } from '../session/lifetime.js';"],
    ['store/planted.ts', "export type { Message } from '../client/Message.js';"],
    ['connection/planted.ts', "import {\n  ClientCore,\n} from '../client/ClientCore.js';"],
    ['client/planted.ts', "import { connect } from 'node:net';"],
    ['packet/planted.ts', "import '../topic/matches.js';"],
    ['topic/planted.ts', "const late = await import('../packet/Packet.js');"],
    ['elsewhere/planted.ts', "import { MqttError } from '../errors.js';"],
  ] as const) {
    it(`should notice an import that is not allowed: ${file.split('/')[0]!}, ${text.replace(/\s+/g, ' ')}`, () => {
      expect(forbidden(planted({ [file]: text })).map((one) => one.split(' ')[0])).to.deep.equal([file]);
    });
  }

  it('should import nothing in a circle, type imports included', () => {
    expect(circles(readLib())).to.deep.equal([]);
  });

  for (const [what, files, path] of [
    [
      'of two files and their types',
      {
        'session/a.ts': "import type { B } from './b.js';",
        'session/b.ts': "export type { A } from './a.js';",
      },
      'session/a.ts → session/b.ts → session/a.ts',
    ],
    [
      'of three behind one that is in none',
      {
        'client/a.ts': "import { b } from './b.js';",
        'client/b.ts': "import { Observable } from 'rxjs';\nimport {\n  type C,\n  c,\n} from './c.js';",
        'client/c.ts': "import { d } from './d.js';",
        'client/d.ts': "export * from './b.js';",
      },
      'client/b.ts → client/c.ts → client/d.ts → client/b.ts',
    ],
    ['of one file', { 'topic/a.ts': "import { a } from './a.js';" }, 'topic/a.ts → topic/a.ts'],
  ] as const) {
    it(`should notice a circle: ${what}`, () => {
      expect(circles(new Map(Object.entries(files)))).to.deep.equal([path]);
    });
  }

  it('should bring nothing of Node and no ws into the browser', () => {
    const sources = readLib();
    const ofNode = (entry: string) => [...loadedBy(entry, sources)].filter((from) => from.startsWith('node:') || from === 'ws'); // prettier-ignore
    expect(ofNode('index.browser.ts')).to.deep.equal([]);
    expect(ofNode('index.ts')).to.include.members(['node:net', 'ws']);
  });

  it('should keep retryWhen in one file, as the design card says', () => {
    const files = [...readLib()].filter(([, text]) => /\bimport[^;]*\bretryWhen\b[^;]*'rxjs'/.test(text));
    expect(files.map(([file]) => file)).to.deep.equal(['stream/backoff.ts']);
  });
});
