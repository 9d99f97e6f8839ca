import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { NEVER, type Subscription, firstValueFrom } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import sinon from 'sinon';
import type { Duplex, Transport } from '../../lib/transport/Transport.js';
import { drainOf } from '../../lib/transport/drainOf.js';
import { nodeWebSocket } from '../../lib/transport/nodeWebSocket.js';
import { tcp } from '../../lib/transport/tcp.js';
import { webSocketServer } from '../support/webSocketServer.js';

const MEGABYTES = 8_000_000;

describe('drain$', () => {
  let dialled: Subscription | undefined;
  let close: () => unknown;

  afterEach(async () => {
    dialled?.unsubscribe();
    await close();
  });

  const open = (transport: Transport) =>
    new Promise<Duplex>((next, error) => {
      dialled = transport.subscribe({ next, error });
    });

  /** Writes four chunks, and gives what was still buffered whenever it drained, until nothing was. */
  function draining(duplex: Duplex): Promise<number[]> {
    return new Promise((resolve) => {
      const buffered: number[] = [];
      const looking = duplex.drain$!.subscribe(() => {
        if (buffered.push(duplex.buffered) && duplex.buffered > 0) return;
        looking.unsubscribe();
        resolve(buffered);
      });
      for (let i = 0; i < 4; i++) duplex.write(new Uint8Array(MEGABYTES));
    });
  }

  function expectProgress(buffered: readonly number[]): void {
    expect(buffered.at(-1)).to.equal(0);
    expect(buffered[0])
      .to.be.greaterThan(0)
      .and.lessThan(4 * MEGABYTES);
  }

  async function tcpServer(): Promise<[Server, Promise<[Socket]>, number]> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return [server, once(server, 'connection') as Promise<[Socket]>, (server.address() as AddressInfo).port];
  }

  it('should emit for a TCP socket while chunks leave, not only when all have left', async () => {
    const [server, connected, port] = await tcpServer();
    const duplex = await open(tcp({ host: '127.0.0.1', port }));
    const [peer] = await connected;
    close = async () => {
      peer.destroy();
      await once(server.close(), 'close');
    };
    const buffered = draining(duplex);
    peer.resume();
    expectProgress(await buffered);
  });

  it('should stay silent while the peer of a TCP socket does not read, and when the socket breaks', async () => {
    const [server, connected, port] = await tcpServer();
    const duplex = await open(tcp({ host: '127.0.0.1', port }));
    const [peer] = await connected;
    peer.on('error', () => undefined);
    close = () => once(server.close(), 'close');
    duplex.write(new Uint8Array(4 * MEGABYTES));
    const drained = sinon.spy();
    duplex.drain$!.subscribe(drained);
    const broken = firstValueFrom(duplex.bytes$).catch((error: unknown) => error);
    peer.resetAndDestroy();
    await broken;
    expect(drained.callCount).to.equal(0);
  });

  it('should emit for a stream that connect gives', async () => {
    const [ours, theirs] = duplexPair();
    const duplex = await open(tcp({ connect: () => ours }));
    close = async () => {
      theirs.end();
      await once(ours, 'close');
    };
    const buffered = draining(duplex);
    theirs.resume();
    expect((await buffered).at(-1)).to.equal(0);
  });

  it('should emit for a WebSocket of ws', async () => {
    const server = await webSocketServer();
    const connected = server.next();
    const duplex = await open(nodeWebSocket(server.url));
    const peer = await connected;
    close = () => server.close();
    peer.pause();
    const buffered = draining(duplex);
    peer.resume();
    expectProgress(await buffered);
  });
});

describe('drainOf', () => {
  const connection = (buffered: () => number): Duplex => ({
    bytes$: NEVER,
    write: () => undefined,
    get buffered() {
      return buffered();
    },
  });

  it('should be drain$ where the connection has it', () => {
    const duplex = { ...connection(() => 0), drain$: NEVER };
    expect(drainOf(duplex)).to.equal(NEVER);
  });

  it('should look every 20 ms where it has not, and emit when less is buffered', () => {
    const scheduler = new TestScheduler((actual, expected) => {
      expect(actual).to.deep.equal(expected);
    });
    scheduler.run(({ expectObservable }) => {
      const amounts = [9, 12, 12, 5, 5, 0];
      const drained$ = drainOf(connection(() => amounts.shift() ?? 0));
      expectObservable(drained$, '110ms !').toBe('60ms a 39ms b', { a: [12, 5], b: [5, 0] });
    });
  });

  it('should look only while it is subscribed to', () => {
    const clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const buffered = sinon.spy(() => 1);
    const drained$ = drainOf(connection(buffered));
    expect([clock.countTimers(), buffered.callCount]).to.deep.equal([0, 0]);
    const looking = drained$.subscribe();
    expect(clock.countTimers()).to.equal(1);
    looking.unsubscribe();
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });
});
