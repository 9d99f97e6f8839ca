import { expect } from 'chai';
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { textFailure } from '../../lib/packet/utf8.js';

const PROGRAM = `
export { encode } from './encode.js';
export { PacketDecoder } from './PacketDecoder.js';
export { textFailure } from './utf8.js';
`;

/** What React Native has had: a TextDecoder that refuses to be strict. */
function LaxDecoder(_label: string, options?: { fatal?: boolean }): void {
  if (options?.fatal) throw new Error("the 'fatal' option is unsupported");
}

/** Loads all of `lib/packet` in a realm that has nothing but the language and `globals`. Gives what `code` evaluates to. */
function inRealm(globals: object, code: string): unknown {
  const { outputFiles } = buildSync({
    stdin: { contents: PROGRAM, resolveDir: join(import.meta.dirname, '../../lib/packet') },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'packet',
    treeShaking: false,
  });
  const realm = createContext({ ...globals });
  runInContext(outputFiles[0]!.text, realm);
  return runInContext(code, realm);
}

describe('utf8', () => {
  it('should find nothing missing in Node', () => {
    expect(textFailure()).to.equal(undefined);
  });

  for (const [what, globals, expected] of [
    ['TextDecoder and TextEncoder', {}, /lacks TextDecoder .*'fatal'.* and TextEncoder: install a polyfill/],
    ['TextEncoder', { TextDecoder }, /lacks TextEncoder: install a polyfill/],
    ['a TextDecoder that can be strict', { TextDecoder: LaxDecoder, TextEncoder }, /lacks TextDecoder [^:]*'fatal'/],
  ] as const) {
    it(`should be importable on a platform without ${what}, and say so when it is asked`, () => {
      expect(inRealm(globals, 'packet.textFailure()')).to.match(expected);
    });
  }

  it('should work with a polyfill that is installed after the import', () => {
    const code = `
      Object.assign(globalThis, platform);
      const decoder = new packet.PacketDecoder();
      const publish = { type: 'publish', topic: 'häuser/🐢', payload: new Uint8Array(1), qos: 0, dup: false, packetId: 0 };
      decoder.push(packet.encode(publish));
      decoder.next().topic;
    `;
    expect(inRealm({ platform: { TextDecoder, TextEncoder } }, code)).to.equal('häuser/🐢');
  });

  it('should not blame the peer for what the platform lacks', () => {
    const code = `
      const decoder = new packet.PacketDecoder();
      decoder.push(Uint8Array.of(0x30, 3, 0, 1, 0x61));
      let name;
      try { decoder.next(); } catch (error) { name = error.name; }
      name;
    `;
    expect(inRealm({}, code)).to.be.a('string').that.does.not.equal('ProtocolError');
  });
});
