import { expect } from 'chai';
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { ClientEndedError } from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

kitSpecs('await using', (on) => {
  it('should end the client when the block is left, as end() does', async () => {
    const fault = on.broker.hold('puback');
    const seen: string[] = [];
    const program = async () => {
      await using client = on.client({ will: { topic: 'gone' } });
      client.connection$.subscribe({ complete: () => seen.push('ended') });
      client.publish('a', 'x', { qos: 1 }).subscribe({ complete: () => seen.push('published') });
      await on.settle();
      seen.push('left');
    };
    const left = program();
    await on.settle();
    await on.settle();
    expect(seen).to.deep.equal(['left']);
    fault.unsubscribe();
    await left;
    expect([...seen]).to.have.members(['left', 'published', 'ended']);
    expect([on.broker.clients, on.broker.published('gone')]).to.deep.equal([[], []]); // it said DISCONNECT
  });

  it('should end it as well when the block throws, and let the error through', async () => {
    let thrown: unknown;
    let ended = false;
    try {
      await using client = on.client();
      client.connection$.subscribe({ complete: () => (ended = true) });
      await on.settle();
      throw new Error('of the block');
    } catch (error) {
      thrown = error;
    }
    expect([String(thrown), ended, on.broker.clients]).to.deep.equal(['Error: of the block', true, []]);
  });

  it('should settle for a client that was ended in the block, and one that did nothing', async () => {
    {
      await using client = on.client();
      watch(client.end({ force: true }));
      await using idle = on.client();
      expect(watch(client.ping()).error).to.be.instanceOf(ClientEndedError);
      expect(watch(idle.state$).values).to.deep.equal([{ status: 'idle' }]);
    }
    expect(on.dials).to.equal(0);
  });
});

describe('await using, where the language does not have it yet', () => {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, '../../lib/index.browser.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'tortoise',
    platform: 'browser',
  });
  /** `Symbol` as it was before: that of a newer Node cannot be made to lack what it has. */
  const OLD_SYMBOL = `const Old = (text) => Symbol(text);
    Object.setPrototypeOf(Old, Symbol);
    Object.defineProperty(Old, 'asyncDispose', { value: undefined, configurable: true, writable: true });`;
  const globals = { TextDecoder, TextEncoder, URL, setTimeout, clearTimeout, performance };

  /** What a program says where the client was imported with an old `Symbol`. */
  const run = (program: string): unknown =>
    runInContext(
      `${OLD_SYMBOL} (function (Symbol) { ${outputFiles[0]!.text}; const make = () => tortoise.createClient('ws://h'); ${program} })(Old);`,
      createContext({ ...globals }),
    );

  it('should be importable, and have what compilers use in its place', () => {
    const program = `const client = make(); return typeof client[Symbol.for('Symbol.asyncDispose')] + ('undefined' in client);`;
    expect(run(program)).to.equal('functionfalse');
  });

  it('should have what a polyfill brings that comes after the import', () => {
    const program = `make(); Symbol.asyncDispose = Symbol('polyfill'); return typeof make()[Symbol.asyncDispose];`;
    expect(run(program)).to.equal('function');
  });
});
