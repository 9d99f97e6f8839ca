import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { ConnectionFailedError, ConnectionLostError } from '../../lib/errors.js';
import type { Duplex } from '../../lib/transport/Transport.js';
import type { MemoryPeer } from '../../lib/transport/memory.js';
import { memory } from '../../lib/transport/memory.js';
import { turn } from '../support/turn.js';

/** A stream as a list of words: bytes, then how it ended. */
function record(duplex: Pick<Duplex, 'bytes$'>): string[] {
  const heard: string[] = [];
  duplex.bytes$.subscribe({
    next: (bytes) => heard.push([...bytes].join(' ')),
    error: (error: Error) => heard.push(error.name),
    complete: () => heard.push('end'),
  });
  return heard;
}

const bytes = (...values: number[]) => Uint8Array.from(values);

for (const synchronous of [true, false]) {
  describe(`memory, ${synchronous ? 'synchronous' : 'asynchronous'}`, () => {
    const settle = () => (synchronous ? undefined : turn());

    async function open() {
      const peers: MemoryPeer[] = [];
      const duplexes: Duplex[] = [];
      const subscription = memory((end) => peers.push(end), { synchronous }).subscribe((end) => duplexes.push(end));
      await settle();
      return { peer: peers[0]!, duplex: duplexes[0]!, hangUp: () => subscription.unsubscribe() };
    }

    it('should make a new pair at each subscription and none before', async () => {
      const serve = sinon.spy();
      const transport = memory(serve, { synchronous });
      expect(serve.callCount).to.equal(0);
      transport.subscribe();
      transport.subscribe();
      await settle();
      expect(serve.callCount).to.equal(2);
      expect(serve.args[0]![0]).not.to.equal(serve.args[1]![0]);
    });

    it('should carry bytes both ways, in order', async () => {
      const { peer, duplex } = await open();
      const [atServer, atClient] = [record(peer), record(duplex)];
      duplex.write(bytes(1));
      duplex.write(bytes(2, 3));
      peer.write(bytes(4));
      await settle();
      expect(atServer).to.deep.equal(['1', '2 3']);
      expect(atClient).to.deep.equal(['4']);
    });

    it('should keep bytes and an end until they are read', async () => {
      const { peer, duplex } = await open();
      peer.write(bytes(1));
      peer.close();
      await settle();
      const atClient = record(duplex);
      await settle();
      expect(atClient).to.deep.equal(['1', 'end']);
    });

    it('should complete both ends when the server closes, and ignore writes from then on', async () => {
      const { peer, duplex } = await open();
      const [atServer, atClient] = [record(peer), record(duplex)];
      peer.write(bytes(1));
      peer.close();
      peer.write(bytes(2));
      duplex.write(bytes(3));
      await settle();
      expect(atClient).to.deep.equal(['1', 'end']);
      expect(atServer).to.deep.equal(['end']);
      expect([duplex.buffered, peer.buffered]).to.deep.equal([0, 0]);
    });

    it('should error at the client, with the cause, when the server breaks the connection', async () => {
      const { peer, duplex } = await open();
      const [failed, cause] = [sinon.spy(), new Error('reset')];
      duplex.bytes$.subscribe({ error: failed });
      peer.fail(cause);
      peer.close();
      await settle();
      expect(failed.callCount).to.equal(1);
      expect(failed.args[0]![0]).to.be.instanceOf(ConnectionLostError).with.property('cause', cause);
    });

    it('should deliver what was written before the client hung up, then end, and nothing later', async () => {
      const { peer, duplex, hangUp } = await open();
      const [atServer, atClient] = [record(peer), record(duplex)];
      duplex.write(bytes(1));
      hangUp();
      duplex.write(bytes(2));
      peer.write(bytes(3));
      await settle();
      expect(atServer).to.deep.equal(['1', 'end']);
      expect(atClient).to.deep.equal(['end']);
    });

    it('should count what a server that does not read leaves waiting', async () => {
      const { peer, duplex } = await open();
      const atServer = record(peer);
      await settle();
      peer.pause();
      duplex.write(bytes(1, 2));
      duplex.write(bytes(3));
      await settle();
      expect(atServer).to.deep.equal([]);
      expect(duplex.buffered).to.equal(3);

      peer.resume();
      await settle();
      expect(atServer).to.deep.equal(['1 2', '3']);
      expect(duplex.buffered).to.equal(0);
    });

    it('should drain when a server that did not read takes a chunk, and not before', async () => {
      const { peer, duplex } = await open();
      record(peer);
      await settle();
      peer.pause();
      const buffered: number[] = [];
      duplex.drain$!.subscribe(() => buffered.push(duplex.buffered));
      duplex.write(bytes(1, 2));
      duplex.write(bytes(3));
      await settle();
      expect(buffered).to.deep.equal([]);

      peer.resume();
      await settle();
      expect(buffered).to.deep.equal([1, 0]);
    });

    it('should error when the server refuses by throwing', async () => {
      const [failed, cause] = [sinon.spy(), new Error('no')];
      const refuse = () => {
        throw cause;
      };
      memory(refuse, { synchronous }).subscribe({ next: () => expect.fail(), error: failed });
      await settle();
      expect(failed.args[0]![0]).to.be.instanceOf(ConnectionFailedError).with.property('cause', cause);
    });

    it('should not let chunks overtake one another when a reader writes', async () => {
      const { peer, duplex } = await open();
      const heard: number[] = [];
      peer.bytes$.subscribe(([value]) => peer.write(bytes(value!)));
      duplex.bytes$.subscribe(([value]) => {
        if (value! < 3) duplex.write(bytes(value! + 1));
        if (value === 0) duplex.write(bytes(9));
        heard.push(value!); // after the echo of the writes, if they arrived in the midst of this one
      });
      duplex.write(bytes(0));
      for (let i = 0; i < 10; i += 1) await settle();
      expect(heard).to.deep.equal([0, 1, 9, 2, 3]);
    });

    it('should deliver every byte once and in order, whenever the reader comes, pauses and resumes', async () => {
      const step = fc.constantFrom('write', 'pause', 'resume', 'read', 'turn');
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const { peer, duplex } = await open();
          let written = 0;
          let heard: string[] | undefined;
          for (const what of [...steps, 'resume', 'read', 'turn']) {
            if (what === 'write') duplex.write(bytes(written++));
            if (what === 'pause') peer.pause();
            if (what === 'resume') peer.resume();
            if (what === 'read') heard ??= record(peer);
            if (what === 'turn') await settle();
            expect(duplex.buffered).to.equal(written - (heard?.length ?? 0));
          }
          expect(heard).to.deep.equal(Array.from({ length: written }, (_, i) => String(i)));
        }),
        { numRuns: 100 },
      );
    });
  });
}

describe('memory', () => {
  it('should open, and deliver within write, when it is synchronous', () => {
    let heard: string[] = [];
    const opened = sinon.spy((duplex: Duplex) => duplex.write(bytes(1)));
    memory((peer) => (heard = record(peer))).subscribe(opened);
    expect(opened.callCount).to.equal(1);
    expect(heard).to.deep.equal(['1']);
  });

  it('should neither open nor deliver within the running code when it is not', async () => {
    let heard: string[] = [];
    const opened = sinon.spy((duplex: Duplex) => {
      duplex.write(bytes(1));
      expect(heard).to.deep.equal([]);
    });
    memory((peer) => (heard = record(peer)), { synchronous: false }).subscribe(opened);
    expect(opened.callCount).to.equal(0);
    await turn();
    expect(heard).to.deep.equal(['1']);
  });

  it('should not reach the server when an asynchronous dial is given up at once', async () => {
    const serve = sinon.spy();
    memory(serve, { synchronous: false }).subscribe().unsubscribe();
    await turn();
    expect(serve.callCount).to.equal(0);
  });
});
