import { expect } from 'chai';
import { type Metafile, buildSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as browser from '../lib/index.browser.js';
import * as node from '../lib/index.js';

const ROOT = join(import.meta.dirname, '..');

/** Bundles a program for browsers, without rxjs. Gives the text, the files in it, and what it imports. */
function bundle(program: string): { text: string; files: string[]; imports: string[] } {
  const { outputFiles, metafile } = buildSync({
    stdin: { contents: program, resolveDir: join(ROOT, 'lib') },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    packages: 'external', // so that an import of Node's would show
    external: ['node:*'],
  });
  const [output] = Object.values<Metafile['outputs'][string]>(metafile.outputs);
  const files = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return {
    text: outputFiles[0]!.text,
    files: files.map(([file]) => file),
    imports: output!.imports.map(({ path }) => path),
  };
}

describe('the bundle for browsers', () => {
  it('should import rxjs and nothing else, and name nothing that only Node has', () => {
    const { text, imports } = bundle("export * from './index.browser.js';");
    expect([...new Set(imports)]).to.deep.equal(['rxjs']);
    const globals = text.match(/(?<![\w$.])(process|Buffer|require|global|__dirname|setImmediate)(?![\w$])/g);
    expect(globals).to.equal(null);
  });

  it('should be without what only another subpath has', () => {
    for (const entry of ['index.browser.js', 'codec.js']) {
      const { files } = bundle(`export * from './${entry}';`);
      const others =
        /^lib\/(store|storeLevel|testing)\b|^lib\/transport\/(?!copied\.|drainOf\.|parseUrl\.|webSocket\.)/;
      expect(files.filter((file) => others.test(file))).to.deep.equal([]);
    }
  });

  it('should be without the client when only matches is imported', () => {
    for (const entry of ['index.browser.js', 'index.js']) {
      const { text, files } = bundle(`import { matches } from './${entry}'; console.log(matches('a', 'b'));`);
      expect(text.length, files.join()).to.be.lessThan(1_000);
      expect(files.filter((file) => file.startsWith('lib/client/'))).to.deep.equal([]);
    }
  });

  it('should be without codecs and topics as values when none is imported', () => {
    const client = "import { createClient } from './index.browser.js'; createClient('ws://a').topic$('b').subscribe();";
    const { text, files } = bundle(client);
    expect(files.filter((file) => file.startsWith('lib/verbs/'))).to.deep.equal([]);
    expect(text).not.to.match(/no such option of a topic/);
    const typed = bundle(
      `${client} import { json, topic } from './index.browser.js'; console.log(topic('a', json()));`,
    );
    expect(typed.files)
      .to.include.members(['lib/verbs/json.ts', 'lib/topic/topic.ts'])
      .and.not.include('lib/verbs/bytes.ts');
  });

  it('should be without the client when only codecs and topics as values are imported', () => {
    const { files } = bundle("export { bytes, json, text, topic } from './index.browser.js';");
    expect(files.filter((file) => file.startsWith('lib/client/'))).to.deep.equal([]);
  });

  it('should be without the client when only the codec is imported', () => {
    const { files, imports } = bundle("export * from './codec.js';");
    expect(files.filter((file) => !/^lib\/(codec|errors|packet|Recent|stream|text)\b/.test(file))).to.deep.equal([]);
    expect(files.length).to.be.greaterThan(10);
    expect([...new Set(imports)]).to.deep.equal(['rxjs']);
  });

  it('should have a broker for tests that is of no more than rxjs and this package', () => {
    const { text, files, imports } = bundle("export { inVirtualTime, testBroker } from './testing.js';");
    expect([...new Set(imports)].sort()).to.deep.equal(['rxjs', 'rxjs/testing']);
    expect(text.match(/(?<![\w$.])(process|Buffer|require|global|__dirname|setImmediate)(?![\w$])/g)).to.equal(null);
    expect(files.filter((file) => /^lib\/(client|connection|session|store|verbs)/.test(file))).to.deep.equal([]);
  });

  it('should be without what works on messages when it is not imported', () => {
    const listening = "createClient('wss://a').topic$('b', { acknowledge: 'manual' }).subscribe();";
    const { files } = bundle(`import { createClient } from './index.browser.js'; ${listening}`);
    expect(files.filter((file) => file.startsWith('lib/verbs/'))).to.deep.equal([]);
    const consuming = bundle("import { consume } from './index.browser.js'; consume();");
    expect(consuming.files).to.include('lib/verbs/consume.ts');
    expect(consuming.files).not.to.include('lib/client/MqttClient.ts');
  });

  it('should be without anything that keeps a session when no store is imported', () => {
    const { files } = bundle("export * from './index.browser.js';");
    expect(files.filter((file) => file.startsWith('lib/store'))).to.deep.equal([]);
    const withStore = bundle("export * from './index.browser.js'; export * from './store.js';");
    expect(withStore.files).to.include.members(['lib/store/Journal.ts', 'lib/store/memoryStore.ts']);
  });

  it('should have the same exports as that for Node, but for the transports of Node', () => {
    const missing = Object.keys(node).filter((name) => !(name in browser));
    expect(missing.filter((name) => !/^(tcp|tls)$/.test(name))).to.deep.equal([]);
    expect(Object.keys(browser).filter((name) => !(name in node))).to.deep.equal([]);
  });

  it('should be what bundlers find by the browser condition', () => {
    interface Entry {
      readonly import: Readonly<Record<string, string>>;
      readonly require: Readonly<Record<string, string>>;
    }
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      exports: { '.': { browser: Entry } };
    };
    expect(Object.keys(exports['.'])[0]).to.equal('browser'); // the first that fits is taken
    for (const kind of ['import', 'require'] as const) {
      expect(exports['.'].browser[kind]['default']).to.match(/\/index\.browser\.js$/);
      expect(exports['.'].browser[kind]['types']).to.match(/\/index\.browser\.d\.ts$/);
    }
  });

  it('should say ws:// and wss:// to one who says mqtt://', () => {
    expect(() => browser.createClient('mqtt://localhost')).to.throw(/expected ws:\/\/, wss:\/\/ .*got mqtt:\/\//);
  });
});
