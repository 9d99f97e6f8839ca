import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, type Server, Socket, connect, createServer } from 'node:net';
import { type TLSSocket, type TlsOptions as ServerOptions, createServer as createTlsServer } from 'node:tls';
import { type Subscription, firstValueFrom, toArray } from 'rxjs';
import sinon from 'sinon';
import { CertificateError, ConnectionFailedError, InvalidOptionsError } from '../../lib/errors.js';
import { createClient } from '../../lib/index.js';
import type { Duplex } from '../../lib/transport/Transport.js';
import type { TlsOptions } from '../../lib/transport/TlsOptions.js';
import { tls } from '../../lib/transport/tls.js';
import { type Authority, type Identity, authority } from '../support/certificates.js';
import { turn } from '../support/turn.js';

describe('tls', () => {
  let ours: Authority;
  let identity: Identity;
  let other: Identity;
  let server: Server | undefined;
  let port: number;
  let dialled: Subscription | undefined;

  before(async () => {
    ours = await authority('ours');
    [identity, other] = await Promise.all([ours.sign(['localhost', '127.0.0.1']), ours.sign(['other.example'])]);
  });

  afterEach(async () => {
    dialled?.unsubscribe();
    if (server?.listening) await once(server.close(), 'close');
    server = undefined;
  });

  async function listen(made: Server): Promise<void> {
    server = made.on('connection', (socket: Socket) => socket.on('error', () => undefined));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  }

  const serve = (options: ServerOptions = {}) => listen(createTlsServer({ ...identity, ...options }));

  /** Dials, and resolves with both ends once the connection is open. */
  async function open(
    options: TlsOptions = {},
    transport = tls({ ca: ours.cert, host: '127.0.0.1', port, ...options }),
  ) {
    const accepted = once(server!, 'secureConnection') as Promise<[TLSSocket]>;
    const duplex = await new Promise<Duplex>((next, error) => {
      dialled = transport.subscribe({ next, error });
    });
    const [peer] = await accepted;
    peer.on('error', () => undefined);
    const close = async () => {
      dialled?.unsubscribe();
      peer.resume().end();
      await once(peer, 'close');
    };
    return { duplex, peer, close };
  }

  const failure = (options: TlsOptions) =>
    new Promise<unknown>((error) => {
      dialled = tls({ ca: ours.cert, host: '127.0.0.1', port, ...options }).subscribe({
        error,
        next: () => error('opened'),
      });
    });

  it('should carry bytes both ways, and send what was written before it hangs up', async () => {
    await serve();
    const { duplex, peer } = await open();
    expect(duplex.unverified).to.equal(undefined);
    peer.write(Buffer.from('hello'));
    expect(Buffer.from(await firstValueFrom(duplex.bytes$)).toString()).to.equal('hello');
    let length = 0;
    peer.on('data', (chunk: Buffer) => (length += chunk.length));
    duplex.write(new Uint8Array(5_000_000));
    dialled?.unsubscribe();
    await once(peer, 'end');
    expect(length).to.equal(5_000_000);
  });

  it('should tell the server the name of a host, and of an address none', async () => {
    await serve();
    for (const [options, name] of [
      [{ host: 'localhost', family: 4 }, 'localhost'],
      [{ host: '127.0.0.1' }, false],
      [{ host: '127.0.0.1', servername: 'localhost' }, 'localhost'],
    ] as const) {
      const { peer, close } = await open(options);
      expect((peer as TLSSocket & { servername: unknown }).servername).to.equal(name);
      await close();
    }
  });

  it('should agree on a protocol (ALPN)', async () => {
    await serve({ ALPNProtocols: ['mqtt', 'x-amzn-mqtt-ca'] });
    const { peer, close } = await open({ ALPNProtocols: ['x-amzn-mqtt-ca'] });
    expect(peer.alpnProtocol).to.equal('x-amzn-mqtt-ca');
    await close();
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [what, resumes, ca] of [
      ['resume the session of the last connection', true, 'ours'],
      ['not resume a session that was not verified', false, 'none'],
    ] as const) {
      it(`should ${what} (${version})`, async () => {
        await serve({ minVersion: version, maxVersion: version });
        const trust = ca === 'ours' ? {} : { ca: [], rejectUnauthorized: false };
        const transport = tls({ ca: ours.cert, host: '127.0.0.1', port, ...trust });
        const reused: boolean[] = [];
        for (let i = 0; i < 3; i += 1) {
          const { duplex, peer, close } = await open({}, transport);
          reused.push(peer.isSessionReused());
          expect(duplex.unverified).to.equal(ca === 'ours' ? undefined : 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
          const heard = firstValueFrom(duplex.bytes$); // behind the ticket of TLS 1.3
          peer.write('x');
          await heard;
          await close();
        }
        expect(reused).to.deep.equal([false, resumes, resumes]);
      });
    }
  }

  it('should verify although the environment says not to', async () => {
    await serve();
    const warning = sinon.stub(process, 'emitWarning');
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await failure({ ca: [] })).to.be.instanceOf(CertificateError);
    } finally {
      warning.restore();
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('should take options that are undefined for their defaults', async () => {
    await serve();
    const { close } = await open({ servername: undefined, checkServerIdentity: undefined, noDelay: undefined });
    await close();
    expect(await failure({ ca: undefined, rejectUnauthorized: undefined })).to.be.instanceOf(CertificateError);
  });

  it('should error when the port is closed', async () => {
    await serve();
    await once(server!.close(), 'close');
    const error = await failure({});
    expect(error).to.be.instanceOf(ConnectionFailedError).with.nested.property('cause.code', 'ECONNREFUSED');
    expect(error).to.have.property('message').that.contains(`127.0.0.1:${port}`).and.does.not.contain('mqtt://');
  });

  it('should error when the server speaks something else', async () => {
    await listen(createServer((socket) => socket.resume().end('220 smtp.example ready\r\n')));
    const error = await failure({});
    expect(error).to.be.instanceOf(ConnectionFailedError);
    expect(error)
      .to.have.property('message')
      .that.matches(/use mqtt:/);
  });

  it('should leave nothing behind when it is unsubscribed during a handshake that the server does not answer', async () => {
    await listen(createServer());
    const accepted = once(server!, 'connection') as Promise<[Socket]>;
    dialled = tls({ host: '127.0.0.1', port }).subscribe();
    const [peer] = await accepted;
    await once(peer, 'data');
    dialled.unsubscribe();
    await once(peer.resume(), 'close');
  });

  describe('over a socket that connect gives', () => {
    const dial = async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    };

    it('should carry bytes, and hang up both', async () => {
      await serve();
      let under: Socket | undefined;
      const { duplex, peer } = await open({ host: 'localhost', connect: async () => (under = await dial()) });
      peer.end('hello');
      expect(Buffer.concat(await firstValueFrom(duplex.bytes$.pipe(toArray()))).toString()).to.equal('hello');
      dialled!.unsubscribe();
      await once(under!, 'close');
    });

    it('should verify the name that was dialled', async () => {
      await serve(other);
      const error = await failure({ host: 'localhost', connect: dial });
      expect(error).to.be.instanceOf(CertificateError).with.property('reason', 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('should error when that socket breaks during the handshake', async () => {
      await listen(createServer((socket) => socket.resetAndDestroy()));
      expect(await failure({ connect: dial })).to.be.instanceOf(ConnectionFailedError);
    });

    it('should take one that is still connecting', async () => {
      await serve();
      const { close } = await open({ connect: () => connect(port, '127.0.0.1') });
      await close();
    });

    it('should error when it rejects, throws, or gives a socket that is closed or cannot connect', async () => {
      await serve();
      const dead = await dial();
      dead.destroy();
      await once(dead, 'close');
      for (const [cause, connect] of [
        [/the proxy is away/, () => Promise.reject(new Error('the proxy is away'))],
        [
          /thrown/,
          () => {
            throw new Error('thrown');
          },
        ],
        [/closed/, () => dead],
        [/ECONNREFUSED/, () => new Socket().connect(1, '127.0.0.1')],
      ] as const) {
        const error = await failure({ connect });
        expect(error).to.be.instanceOf(ConnectionFailedError);
        expect((error as Error).message).to.match(cause);
      }
    });

    it('should destroy one that comes after the attempt was given up, and say so by its signal', async () => {
      await serve();
      let come: (socket: Socket) => void = () => undefined;
      let told: AbortSignal | undefined;
      dialled = tls({
        ca: ours.cert,
        host: '127.0.0.1',
        port,
        connect: ({ signal }) => {
          told = signal;
          return new Promise((resolve) => (come = resolve));
        },
      }).subscribe();
      expect(told!.aborted).to.equal(false);
      dialled.unsubscribe();
      expect(told!.aborted).to.equal(true);
      const late = await dial();
      come(late);
      await once(late, 'close');
    });
  });

  describe('options that cannot be read', () => {
    const secret = 'sesame-street';
    // prettier-ignore
    const wrong: [what: string, options: () => TlsOptions, option: string, why: RegExp][] = [
      ['a CA that is no PEM', () => ({ ca: 'nonsense' }), 'tls.ca', /PEM/],
      ['a CA that is empty', () => ({ ca: '' }), 'tls.ca', /PEM/],
      ['one CA of two that is no PEM', () => ({ ca: [ours.cert, Uint8Array.of(48, 130, 255)] }), 'tls.ca', /PEM/],
      ['a CA of the wrong type', () => ({ ca: 7 as never }), 'tls.ca', /PEM/],
      ['a certificate that is no PEM', () => ({ cert: 'nonsense', key: identity.key }), 'tls.cert', /PEM/],
      ['a key that is no PEM', () => ({ cert: identity.cert, key: secret }), 'tls.key', /PEM/],
      ['a key without a certificate', () => ({ key: identity.key }), 'tls.cert', /together/],
      ['a certificate without a key', () => ({ cert: identity.cert }), 'tls.key', /together/],
      ['a key of another certificate', () => ({ cert: identity.cert, key: other.key }), 'tls.key', /does not belong/],
      ['no passphrase', () => ({ cert: identity.cert, key: identity.encryptedKey(secret) }), 'tls.key', /tls\.passphrase/],
      ['a wrong passphrase', () => ({ cert: identity.cert, key: identity.encryptedKey('x'), passphrase: secret }), 'tls.key', /does not open/],
      ['a passphrase of the wrong type', () => ({ cert: identity.cert, key: identity.key, passphrase: [secret] as never }), 'tls.key', /cannot be read/],
      ['an unknown version', () => ({ minVersion: 'TLSv9' }), 'tls', /ERR_TLS_INVALID_PROTOCOL_VERSION/],
    ];
    for (const [what, options, option, why] of wrong) {
      it(`should be refused when the client is made: ${what}`, () => {
        let error: unknown;
        try {
          createClient('mqtts://broker.example', { tls: options() });
        } catch (thrown) {
          error = thrown;
        }
        expect(error).to.be.instanceOf(InvalidOptionsError).with.property('option', option);
        expect((error as Error).message)
          .to.match(why)
          .and.not.contain(secret);
        expect((error as Error).cause).to.equal(undefined);
      });
    }
  });

  it('should be refused while a connection is tried, when only the attempt knows the server', async () => {
    const client = createClient(() => 'mqtts://broker.example', { tls: { ca: 'nonsense' } });
    const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(InvalidOptionsError).with.property('option', 'tls.ca');
    await turn();
  });
});
