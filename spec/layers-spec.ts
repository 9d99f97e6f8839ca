import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const LIB = join(import.meta.dirname, '../lib');

/** The table of ARCHITECTURE.md: what each layer may import. A file of its own is a layer. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'text.ts': [],
  'Recent.ts': [],
  topic: ['errors.ts', 'text.ts', 'Recent.ts'],
  packet: ['errors.ts', 'text.ts', 'Recent.ts'],
  session: ['packet', 'topic', 'errors.ts'],
  stream: ['rxjs', 'packet', 'errors.ts'],
  transport: ['rxjs', 'errors.ts', 'node:', 'ws'],
  client: ['rxjs', 'errors.ts', 'text.ts', 'topic', 'packet', 'session', 'stream', 'transport'],
  store: ['rxjs', 'errors.ts', 'packet', 'session', 'client'],
  testing: ['client'],
  'store.ts': ['client', 'store'],
  'storeLevel.ts': ['store'],
  'testing.ts': ['testing', 'transport'],
  'codec.ts': ['errors.ts', 'packet', 'stream'],
  'everywhere.ts': ['errors.ts', 'topic', 'packet', 'session', 'stream', 'transport', 'client'],
  'index.ts': ['errors.ts', 'everywhere.ts', 'transport', 'client'],
  'index.browser.ts': ['everywhere.ts', 'transport', 'client'],
};

/** Folders whose files do not import one another in a circle. */
const WITHOUT_CIRCLES = ['packet'];

/** Each import of each file of lib/, type imports included: of which layer, and of which file if it is one of ours. */
function imports(): { file: string; layer: string; imported: string; target: string; text: string }[] {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(LIB, file), 'utf8');
    return [...text.matchAll(/^(?:import|export)([^;]*?) from '([^']+)';$/gms)].map(([, what = '', from = '']) => {
      const local = from.startsWith('.') ? relative(LIB, join(LIB, dirname(file), from)).replace(/\.js$/, '.ts') : from;
      const isType = what.trim().startsWith('type');
      const imported = local.startsWith('node:') ? (isType ? `${local} types` : 'node:') : local.split('/')[0]!;
      return { file, layer: file.split('/')[0]!, imported, target: local, text };
    });
  });
}

/** A circle of imports among the files of a folder, as the files along it. */
function circleIn(folder: string): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { file, layer, target } of imports()) {
    if (layer === folder) targets.set(file, [...(targets.get(file) ?? []), target]);
  }
  const done = new Set<string>();
  const circleFrom = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of targets.get(file) ?? []) {
      const circle = circleFrom(target, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = circleFrom(file, []);
    if (circle) return circle;
  }
  return undefined;
}

describe('the layers', () => {
  it('should import only what ARCHITECTURE.md allows them to', () => {
    const wrong = imports()
      .filter(({ layer, imported }) => layer !== imported && !LAYERS[layer]?.some((ok) => imported.startsWith(ok)))
      .map(({ file, imported }) => `${file} imports ${imported}`);
    expect(wrong).to.deep.equal([]);
    expect(imports().length).to.be.greaterThan(100);
  });

  for (const folder of WITHOUT_CIRCLES) {
    it(`should have no circle of imports in ${folder}/`, () => {
      expect(circleIn(folder)).to.equal(undefined);
    });
  }

  it('should keep retryWhen in one file, as the design card says', () => {
    const files = imports().filter(({ text }) => /\bimport[^;]*\bretryWhen\b[^;]*'rxjs'/.test(text));
    expect([...new Set(files.map(({ file }) => file))]).to.deep.equal(['stream/backoff.ts']);
  });
});
