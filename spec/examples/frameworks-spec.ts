import { expect } from 'chai';
import { type Plugin, build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from 'svelte/compiler';
import { expectShown } from './shownIn.js';

const EXAMPLES = ['react.ts', 'vue.ts', 'Temperature.svelte'].map((file) => `examples/frameworks/${file}`);

/** Loaded first: Vue looks for a document when it is loaded. */
const DOM = join(import.meta.dirname, '../angular/setup/dom.mjs');

const svelte: Plugin = {
  name: 'svelte',
  setup(bundler) {
    bundler.onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const { js } = compile(readFileSync(path, 'utf8'), { filename: path, generate: 'client' });
      return { contents: js.code, loader: 'js' };
    });
  },
};

describe('the examples for React, Vue and Svelte', () => {
  it('should show what a topic says, and let go of it', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(import.meta.dirname, 'frameworks/.out-'));
    try {
      const file = join(folder, 'main.mjs');
      await build({
        entryPoints: [join(import.meta.dirname, 'frameworks/main.mjs')],
        outfile: file,
        bundle: true,
        format: 'esm',
        platform: 'node',
        conditions: ['browser'],
        external: ['jsdom', 'react', 'react-dom', 'vue', 'ws'],
        plugins: [svelte],
        ignoreAnnotations: true,
        logLevel: 'error',
      });
      const env = { ...process.env, NODE_OPTIONS: '' };
      const said = await new Promise<string>((resolve) =>
        execFile(process.execPath, ['--import', DOM, file], { env }, (_, stdout, stderr) => resolve(stdout + stderr)),
      );
      expect(said).to.equal('react\nvue\nsvelte\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('should be what docs/frameworks.md shows, block by block', () => {
    expectShown(['docs/frameworks.md'], EXAMPLES);
  });
});
