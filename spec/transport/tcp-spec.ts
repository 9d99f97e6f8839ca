import { expect } from 'chai';
import { once } from 'node:events';
import { Socket, createServer } from 'node:net';
import type { AddressInfo, LookupFunction, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subscription } from 'rxjs';
import { firstValueFrom, toArray } from 'rxjs';
import sinon from 'sinon';
import { ConnectionFailedError, ConnectionLostError } from '../../lib/errors.js';
import type { Duplex } from '../../lib/transport/Transport.js';
import { socketTransport } from '../../lib/transport/socketTransport.js';
import { tcp } from '../../lib/transport/tcp.js';
import { turn } from '../support/turn.js';

describe('tcp', () => {
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

  const failure = (transport: ReturnType<typeof tcp>) =>
    new Promise<unknown>((error) => transport.subscribe({ error, next: () => error('opened') }));

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

  it('should dial at each subscription and not before', async () => {
    const connections = sinon.spy();
    server.on('connection', connections);
    const transport = tcp({ host: '127.0.0.1', port });
    await turn();
    expect(connections.callCount).to.equal(0);

    for (let i = 1; i <= 2; i += 1) {
      const connection = once(server, 'connection') as Promise<[Socket]>;
      await firstValueFrom(transport);
      (await connection)[0].resume().end();
      expect(connections.callCount).to.equal(i);
    }
  });

  it('should carry bytes both ways and complete when the peer closes', async () => {
    const { duplex, peer } = await open();
    const received = firstValueFrom(duplex.bytes$.pipe(toArray()));
    duplex.write(Uint8Array.of(1, 2));
    const [chunk] = (await once(peer, 'data')) as [Buffer];
    expect([...chunk]).to.deep.equal([1, 2]);

    peer.end(Uint8Array.of(3, 4, 5));
    expect((await received).flatMap((bytes) => [...bytes])).to.deep.equal([3, 4, 5]);
  });

  it('should carry bytes both ways, all of them and in order [MQTT-7.1.2-1]', async () => {
    const sent = Buffer.from(Array.from({ length: 1_000_003 }, (_, i) => (i * 31) ^ (i >> 8)));
    const { duplex, peer, hangUp } = await open();
    peer.pipe(peer);
    const received: Uint8Array[] = [];
    const all = new Promise<void>((resolve) => {
      let left = sent.length;
      duplex.bytes$.subscribe((chunk) => {
        received.push(chunk.slice());
        if ((left -= chunk.length) === 0) resolve();
      });
    });
    for (let at = 0, size = 1; at < sent.length; at += size, size = (size * 7) % 65_521) {
      duplex.write(sent.subarray(at, at + size));
    }
    await all;
    expect(Buffer.concat(received).equals(sent)).to.equal(true);
    hangUp();
  });

  it('should hand out plain bytes, whose slice is a copy', async () => {
    const { duplex, peer } = await open();
    const first = firstValueFrom(duplex.bytes$);
    peer.end(Uint8Array.of(7));
    expect(Object.getPrototypeOf(await first)).to.equal(Uint8Array.prototype);
  });

  it('should give chunks that are never written to again', async () => {
    const { duplex, peer } = await open();
    const chunks: Uint8Array[] = [];
    duplex.bytes$.subscribe((chunk) => chunks.push(chunk));
    for (const byte of [1, 2, 3]) {
      peer.write(Uint8Array.of(byte));
      while (chunks.length < byte) await turn();
    }
    expect(chunks).to.deep.equal([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
  });

  it('should lend chunks to a reader that does not keep them', async () => {
    const { duplex, peer, hangUp } = await open();
    const lent: ArrayBufferLike[] = [];
    const bytes: number[] = [];
    const pieces = { bytes: new Uint8Array(0), count: 0, allocate: (size: number) => new Uint8Array(size) };
    const reader = { pieces, large: 0, isLent: false };
    duplex.inlet!.receive(reader).subscribe((chunk) => {
      expect(reader.isLent).to.equal(true);
      lent.push(chunk.buffer);
      bytes.push(...chunk);
    });
    for (const byte of [1, 2, 3]) {
      peer.write(Uint8Array.of(byte));
      while (bytes.length < byte) await turn();
    }
    expect(bytes).to.deep.equal([1, 2, 3]);
    expect(new Set(lent).size).to.equal(1);
    hangUp();
    peer.write(Uint8Array.of(4));
    await once(peer.resume(), 'end');
    expect(bytes).to.deep.equal([1, 2, 3]);
  });

  it('should keep what arrives before it is read', async () => {
    const { duplex, peer } = await open();
    peer.end(Buffer.from('early'));
    for (let i = 0; i < 20; i += 1) await turn();
    const chunks = await firstValueFrom(duplex.bytes$.pipe(toArray()));
    expect(Buffer.concat(chunks).toString()).to.equal('early');
  });

  it('should error with the cause when the connection breaks', async () => {
    const { duplex, peer } = await open();
    const broken = firstValueFrom(duplex.bytes$).catch((error: unknown) => error);
    peer.resetAndDestroy();
    const error = await broken;
    expect(error).to.be.instanceOf(ConnectionLostError);
    expect(error).to.have.nested.property('cause.code', 'ECONNRESET');
    expect((error as Error).message).to.contain(`127.0.0.1:${port}`);
  });

  it('should report a break that happened before anything was read', async () => {
    const socket = await openSocket();
    socket.error(new Error('boom'));
    await turn();
    const error = await firstValueFrom(socket.duplex.bytes$).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(ConnectionLostError).with.nested.property('cause.message', 'boom');
  });

  it('should ignore writes after a break, a close and a hang-up', async () => {
    const { duplex, peer, hangUp } = await open();
    const received: Buffer[] = [];
    peer.on('data', (chunk: Buffer) => received.push(chunk));
    duplex.write(Buffer.from('a'));
    hangUp();
    duplex.write(Buffer.from('b'));
    await once(peer, 'end');
    peer.end();
    await once(peer, 'close');
    duplex.write(Buffer.from('c'));
    await turn();
    expect(Buffer.concat(received).toString()).to.equal('a');
  });

  it('should give up at once when it is unsubscribed while dialling', () => {
    const notified = sinon.spy();
    const destroy = sinon.spy(Socket.prototype, 'destroy');
    tcp({ host: '127.0.0.1', port }).subscribe({ next: notified, error: notified }).unsubscribe();
    expect(destroy.callCount).to.equal(1);
    expect(notified.callCount).to.equal(0);
  });

  it('should error when the port is closed, naming address and reason', async () => {
    await once(server.close(), 'close');
    const error = await failure(tcp({ host: '127.0.0.1', port }));
    expect(error).to.be.instanceOf(ConnectionFailedError);
    expect(error).to.have.nested.property('cause.code', 'ECONNREFUSED');
    expect((error as Error).message)
      .to.contain(`127.0.0.1:${port}`)
      .and.to.contain('ECONNREFUSED');
  });

  it('should error when a name cannot be resolved', async () => {
    const lookup: LookupFunction = (_host, _options, done) =>
      done(Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), { code: 'ENOTFOUND' }), '');
    const error = await failure(tcp({ host: 'nowhere', port: 1883, lookup }));
    expect(error).to.be.instanceOf(ConnectionFailedError);
    expect((error as Error).message)
      .to.contain('nowhere:1883')
      .and.to.contain('ENOTFOUND');
  });

  for (const code of ['EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'ENETUNREACH']) {
    it(`should error when the dial ends in ${code}`, async () => {
      const socket = new Socket();
      const failed = failure(socketTransport(() => socket, 'connect', 'broker:1'));
      socket.destroy(Object.assign(new Error(`connect ${code}`), { code }));
      const error = await failed;
      expect(error).to.be.instanceOf(ConnectionFailedError).with.nested.property('cause.code', code);
      expect((error as Error).message).to.equal(`cannot connect to broker:1: connect ${code}`);
    });
  }

  it('should error when net.connect throws', async () => {
    const error = await failure(tcp({ host: '127.0.0.1', port: 99_999 }));
    expect(error).to.be.instanceOf(ConnectionFailedError).with.nested.property('cause.code', 'ERR_SOCKET_BAD_PORT');
  });

  it('should error when a dial is closed without an error', async () => {
    const socket = new Socket();
    const failed = failure(socketTransport(() => socket, 'connect', 'broker:1'));
    socket.destroy();
    expect(await failed).to.be.instanceOf(ConnectionFailedError);
  });

  it('should survive an error of a socket after the hang-up', async () => {
    const socket = await openSocket();
    socket.unsubscribe();
    expect(() => socket.error(new Error('late'))).not.to.throw();
    await turn();
  });

  it('should leave no listener of its own behind', async () => {
    const socket = new Socket();
    const names = () => socket.eventNames().map((name) => `${String(name)} ${socket.listenerCount(name)}`);
    const untouched = names();
    const dialling = socketTransport(() => socket, 'connect', 'broker:1').subscribe();
    dialling.unsubscribe();
    await once(socket, 'close');
    const left = names().filter((name) => !untouched.includes(name));
    expect(left).to.deep.equal(['error 1', 'connect 1']);
  });

  it('should set noDelay unless told otherwise', async () => {
    const connect = sinon.spy(Socket.prototype, 'connect');
    for (const noDelay of [undefined, false]) {
      const { peer, hangUp } = await open(noDelay === undefined ? {} : { noDelay });
      hangUp();
      peer.resume().end();
      await once(peer, 'close');
    }
    const asked = connect.args.map(([options]) => (options as { noDelay?: boolean }).noDelay);
    expect(asked).to.deep.equal([true, false]);
  });

  it('should dial a Unix socket', async () => {
    const path = join(tmpdir(), `tortoise-rx-${process.pid}-${port}.sock`);
    const unix = createServer((socket) => socket.end('hi'));
    await once(unix.listen(path), 'listening');
    const chunks = await new Promise<Uint8Array[]>((done) => {
      dialled = tcp({ path }).subscribe(({ bytes$ }) => bytes$.pipe(toArray()).subscribe(done));
    });
    expect(Buffer.concat(chunks).toString()).to.equal('hi');
    dialled?.unsubscribe();
    await once(unix.close(), 'close');
  });

  /** A socket that opens and breaks when it is told to. */
  async function openSocket() {
    const socket = new Socket();
    let duplex: Duplex | undefined;
    const subscription = socketTransport(() => socket, 'connect', 'broker:1').subscribe((open) => (duplex = open));
    socket.emit('connect');
    await turn();
    return {
      duplex: duplex!,
      error: (error: Error) => socket.destroy(error),
      unsubscribe: () => subscription.unsubscribe(),
    };
  }
});
