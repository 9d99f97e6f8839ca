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

/** Layer and file, for each import of each file of lib/. */
function imports(): { file: string; layer: string; imported: string; text: string }[] {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(LIB, file), 'utf8');
    return [...text.matchAll(/^(?:import|export)([^;]*?) from '([^']+)';$/gms)].map(([, what = '', from = '']) => {
      const local = from.startsWith('.') ? relative(LIB, join(LIB, dirname(file), from)).replace(/\.js$/, '.ts') : from;
      const isType = what.trim().startsWith('type');
      const imported = local.startsWith('node:') ? (isType ? `${local} types` : 'node:') : local.split('/')[0]!;
      return { file, layer: file.split('/')[0]!, imported, text };
    });
  });
}

describe('the layers', () => {
  it('should import only what ARCHITECTURE.md allows them to', () => {
    const wrong = imports()
      .filter(({ layer, imported }) => layer !== imported && !LAYERS[layer]?.some((ok) => imported.startsWith(ok)))
      .map(({ file, imported }) => `${file} imports ${imported}`);
    expect(wrong).to.deep.equal([]);
    expect(imports().length).to.be.greaterThan(100);
  });

  it('should keep retryWhen in one file, as the design card says', () => {
    const files = imports().filter(({ text }) => /\bimport[^;]*\bretryWhen\b[^;]*'rxjs'/.test(text));
    expect([...new Set(files.map(({ file }) => file))]).to.deep.equal(['stream/backoff.ts']);
  });
});
