import { expect } from 'chai';
import { once } from 'node:events';
import { Socket, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Subscription } from 'rxjs';
import sinon, { type SinonFakeTimers } from 'sinon';
import type { Duplex } from '../../lib/transport/Transport.js';
import { tcp } from '../../lib/transport/tcp.js';
import { turn } from '../support/turn.js';

describe('the hang-up of a socket', () => {
  let server: Server;
  let port: number;
  let dialled: Subscription | undefined;
  let accepted: Socket[];

  /** Dials, and resolves with both ends once the connection is open. */
  async function open(options: object = {}): Promise<{ duplex: Duplex; peer: Socket; hangUp: () => void }> {
    const connection = once(server, 'connection') as Promise<[Socket]>;
    const duplex = await new Promise<Duplex>((next, error) => {
      dialled = tcp({ host: '127.0.0.1', port, ...options }).subscribe({ next, error });
    });
    const [peer] = await connection;
    peer.on('error', () => undefined);
    return { duplex, peer, hangUp: () => dialled?.unsubscribe() };
  }

  const fakeClock = () =>
    sinon.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    });

  function expectDestroyAfter(ms: number, clock: SinonFakeTimers): void {
    const destroy = sinon.spy(Socket.prototype, 'destroy');
    clock.tick(ms - 1);
    expect(destroy.callCount).to.equal(0);
    clock.tick(1);
    expect(destroy.callCount).to.equal(1);
  }

  beforeEach(async () => {
    accepted = [];
    server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    sinon.restore();
    dialled?.unsubscribe();
    for (const socket of accepted) socket.destroy();
    if (server.listening) await once(server.close(), 'close');
  });

  it('should send what was written before it hangs up', async () => {
    const { duplex, peer, hangUp } = await open();
    let length = 0;
    peer.on('data', (chunk: Buffer) => (length += chunk.length));
    duplex.write(new Uint8Array(32_000_000));
    expect(duplex.buffered).to.be.greaterThan(0);
    hangUp();
    duplex.write(Uint8Array.of(0)); // too late; it must not break off what is still going out
    await once(peer, 'end');
    expect(length).to.equal(32_000_000);
    peer.end();
  });

  for (const reading of [true, false]) {
    it(`should close although the peer still sends after the hang-up, ${reading ? 'read' : 'unread'} before`, async () => {
      const { duplex, peer, hangUp } = await open();
      const read = sinon.spy();
      if (reading) duplex.bytes$.subscribe(read);
      fakeClock(); // no grace
      hangUp();
      peer.end(Buffer.alloc(500_000));
      peer.resume();
      await once(peer, 'close');
      expect(read.callCount).to.equal(0);
    });
  }

  for (const [when, size, ms] of [
    ['at once', 0, 0],
    ['late', 30_000_000, 3_700],
  ] as const) {
    it(`should destroy the socket 1,000 ms after everything is out, ${when}, when the peer ignores the hang-up`, async () => {
      const { duplex, peer, hangUp } = await open();
      const clock = fakeClock();
      duplex.write(new Uint8Array(size));
      hangUp();
      clock.tick(ms);
      await once(peer.resume(), 'end');
      peer.write('still here');
      expectDestroyAfter(1_000, clock);
      peer.destroy();
    });
  }

  it('should send all that was written before a hang-up, however slowly the peer reads', async () => {
    const { duplex, peer, hangUp } = await open();
    const clock = fakeClock();
    const size = 30_000_000;
    duplex.write(new Uint8Array(size));
    hangUp();
    clock.tick(20_000); // far beyond the grace, which begins when everything is out
    let got = 0;
    peer.on('data', (bytes: Buffer) => (got += bytes.length));
    await once(peer, 'end');
    expect(got).to.equal(size);
    clock.restore();
  });

  it('should destroy the socket 30 s after a hang-up when the peer does not take what was written', async () => {
    const { duplex, peer, hangUp } = await open();
    const clock = fakeClock();
    duplex.write(new Uint8Array(30_000_000));
    hangUp();
    expectDestroyAfter(30_000, clock);
    peer.destroy();
  });

  it('should leave no timer when the peer closes within the grace', async () => {
    const { peer, hangUp } = await open();
    const clock = fakeClock();
    hangUp();
    expect(clock.countTimers()).to.equal(1);
    await once(peer.resume(), 'end');
    peer.end();
    await once(peer, 'close');
    for (let i = 0; i < 50 && clock.countTimers() > 0; i += 1) await turn();
    expect(clock.countTimers()).to.equal(0);
  });
});
