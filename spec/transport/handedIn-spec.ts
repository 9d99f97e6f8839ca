import { expect } from 'chai';
import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { type Duplex as Stream, duplexPair } from 'node:stream';
import { TLSSocket, createSecureContext } from 'node:tls';
import { type Subscription, firstValueFrom } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError } from '../../lib/errors.js';
import type { Duplex, Transport } from '../../lib/transport/Transport.js';
import type { TcpOptions } from '../../lib/transport/TcpOptions.js';
import { tcp } from '../../lib/transport/tcp.js';
import { tls } from '../../lib/transport/tls.js';
import { authority } from '../support/certificates.js';
import { turn } from '../support/turn.js';

describe('a stream that connect gives', () => {
  let dialled: Subscription;
  afterEach(() => dialled.unsubscribe());

  const open = (transport: Transport) =>
    new Promise<Duplex>((next, error) => {
      dialled = transport.subscribe({ next, error });
    });
  const read = async (stream: Stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(stream, 'end');
    return Buffer.concat(chunks).toString();
  };

  it('should be asked for host, port and patience, at each dial', async () => {
    const asked: unknown[][] = [];
    const give: TcpOptions['connect'] = ({ host, port, signal }) => {
      asked.push([host, port, signal.aborted]);
      const [ours, theirs] = duplexPair();
      theirs.resume().once('end', () => theirs.end());
      return ours;
    };
    const transport = tcp({ host: 'broker', port: 7, connect: give });
    for (let i = 0; i < 2; i += 1) {
      await open(transport);
      dialled.unsubscribe();
    }
    expect(asked).to.deep.equal([
      ['broker', 7, false],
      ['broker', 7, false],
    ]);
  });

  it('should carry bytes, and end behind the last when it is hung up, whatever kind of stream it is', async () => {
    const [ours, theirs] = duplexPair();
    const duplex = await open(tcp({ connect: () => ours }));
    theirs.write('hello');
    expect(Buffer.from(await firstValueFrom(duplex.bytes$)).toString()).to.equal('hello');
    const heard = read(theirs);
    duplex.write(Buffer.from('good'));
    duplex.write(Buffer.from('bye'));
    dialled.unsubscribe();
    expect(await heard).to.equal('goodbye');
    theirs.end();
    await once(ours, 'close');
  });

  it('should carry TLS, whatever kind of stream it is', async () => {
    const ca = await authority('ours');
    const { cert, key } = await ca.sign(['broker']);
    const [ours, theirs] = duplexPair();
    const server = new TLSSocket(theirs, {
      isServer: true,
      secureContext: createSecureContext({ cert, key }),
    });
    const duplex = await open(tls({ host: 'broker', ca: ca.cert, connect: () => ours }));
    expect(duplex.unverified).to.equal(undefined);
    server.write('hello');
    expect(Buffer.from(await firstValueFrom(duplex.bytes$)).toString()).to.equal('hello');
    const heard = read(server);
    duplex.write(Buffer.from('bye'));
    dialled.unsubscribe();
    expect(await heard).to.equal('bye');
    server.end();
    await once(ours, 'close');
  });

  it('should break as any connection does', async () => {
    const [ours] = duplexPair();
    const duplex = await open(tcp({ host: 'broker', port: 7, connect: () => ours }));
    const broken = firstValueFrom(duplex.bytes$).catch((error: unknown) => error);
    ours.destroy(new Error('pulled out'));
    const error = await broken;
    expect(error).to.be.instanceOf(ConnectionLostError);
    expect((error as Error).message).to.contain('broker:7 broke: pulled out');
  });

  it('should be waited for while it connects, and given up with the dial', async () => {
    const server = createServer((socket) => socket.resume());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    let socket: Socket | undefined;
    const transport = tcp({ connect: () => (socket = connect(port, '127.0.0.1')) });
    await open(transport);
    dialled.unsubscribe();
    await once(socket!, 'close');

    dialled = transport.subscribe();
    await Promise.resolve();
    expect(socket!.pending).to.equal(true);
    dialled.unsubscribe();
    await once(socket!, 'close');
    await once(server.close(), 'close');
  });

  it('should make the dial fail when it is none', async () => {
    const error = await open(tcp({ host: 'broker', port: 7, connect: () => undefined as never })).catch(
      (cause: unknown) => cause,
    );
    expect(error).to.be.instanceOf(ConnectionFailedError);
    expect((error as Error).message).to.contain('cannot connect to broker:7');
    await turn();
  });
});
