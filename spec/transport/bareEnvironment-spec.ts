import { expect } from 'chai';
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';

describe('an environment without WebSocket, URL and TextDecoder', () => {
  for (const file of ['webSocket', 'memory', 'drainOf', 'parseUrl']) {
    it(`should be able to import ${file}`, () => {
      const { outputFiles } = buildSync({
        entryPoints: [join(import.meta.dirname, '../../lib/transport', `${file}.ts`)],
        bundle: true,
        write: false,
        format: 'iife',
        globalName: 'imported',
        platform: 'browser',
      });
      const bare = createContext({}); // with what the language has, and nothing else
      expect(runInContext(`${outputFiles[0]!.text}; typeof imported.${file}`, bare)).to.equal('function');
      expect(runInContext('typeof WebSocket + typeof URL + typeof TextDecoder', bare)).to.equal('undefined'.repeat(3));
    });
  }
});
