import { expect } from 'chai';
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { type Context, createContext, runInContext } from 'node:vm';

/** An entry point as an application is bundled with it. */
function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, '../../lib', entry)],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'tortoise',
    platform: 'browser',
  });
  return outputFiles[0]!.text;
}

const PROGRAM = bundle('index.browser.ts');

/** What the language has not, and most platforms have. */
const USUAL = { TextDecoder, TextEncoder, URL, setTimeout, clearTimeout, setInterval, clearInterval, performance };

/** A decoder as older React Natives have it. */
class Lenient {
  constructor(_label: string, options?: { readonly fatal?: boolean }) {
    if (options?.fatal) throw new RangeError('"fatal" option is not supported');
  }

  decode(): string {
    return '';
  }
}

/** A URL class as React Native has it: it takes every text, and its getters throw. */
class Hollow {
  get protocol(): never {
    throw new Error('URL.protocol is not implemented');
  }
}

/** A context with these globals that has imported the client. */
function platform(globals: object): Context {
  const context = createContext({ ...globals });
  runInContext(PROGRAM, context); // the import
  return context;
}

/** What making a client throws on a platform. */
function complaint(globals: object, server = 'ws://broker/mqtt'): string {
  const program = `(() => { try { tortoise.createClient(${JSON.stringify(server)}); return 'none'; }
    catch (error) { return error.code + ' ' + error.message; } })()`;
  return String(runInContext(program, platform(globals)));
}

describe('a platform', () => {
  it('should be able to import the client, whatever it lacks', () => {
    const bare = platform({});
    expect(runInContext('typeof WebSocket + typeof URL + typeof TextDecoder', bare)).to.equal('undefined'.repeat(3));
    expect(runInContext('tortoise.matches("a/+", "a/b")', bare)).to.equal(true);
  });

  for (const entry of ['codec.ts', 'store.ts', 'storeLevel.ts']) {
    it(`should be able to import ${entry} too`, () => {
      expect(runInContext(`${bundle(entry)}; typeof tortoise`, createContext({}))).to.equal('object');
    });
  }

  for (const [what, globals, words] of [
    ['nothing', {}, ['TextDecoder', 'TextEncoder', 'text-encoding']],
    ['no TextDecoder', { ...USUAL, TextDecoder: undefined }, ['TextDecoder', 'text-encoding']],
    ['no TextEncoder', { ...USUAL, TextEncoder: undefined }, ['TextEncoder', 'text-encoding']],
    ['a TextDecoder that refuses fatal', { ...USUAL, TextDecoder: Lenient }, ['TextDecoder', "'fatal'", 'text-encoding']], // prettier-ignore
    ['no URL', { ...USUAL, URL: undefined }, ['URL', 'react-native-url-polyfill']],
    ['a URL whose getters throw', { ...USUAL, URL: Hollow }, ['URL', 'react-native-url-polyfill']],
  ] as const) {
    it(`should be said to lack what it lacks, and which polyfill has it: ${what}`, () => {
      const said = complaint(globals);
      expect(said).to.match(/^INVALID_OPTIONS /);
      for (const word of words) expect(said).to.contain(word);
    });
  }

  it('should have all that is needed, as browsers have it', () => {
    expect(complaint(USUAL)).to.equal('none');
  });

  it('should be told once that there is no WebSocket, when somebody connects and not during server rendering', () => {
    const context = platform(USUAL);
    const program = `(() => {
      const client = tortoise.createClient('wss://broker/mqtt'), seen = [];
      client.state$.subscribe(({ status }) => seen.push(status));
      client.topic$('a').subscribe({ error: ({ code, message }) => seen.push(code, message) });
      return JSON.stringify(seen);
    })()`;
    const [idle, connecting, ...others] = JSON.parse(String(runInContext(program, context))) as string[];
    expect([idle, connecting]).to.deep.equal(['idle', 'connecting']);
    expect(others).to.include.members(['INVALID_OPTIONS', 'closed']);
    expect(others.join(' ')).to.match(/webSocket\.WebSocketCtor: give a WebSocket class/);
  });
});
