import { expect } from 'chai';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer } from 'node:https';
import { Socket } from 'node:net';
import { toArray } from 'rxjs';
import sinon from 'sinon';
import type { ServerOptions, WebSocket } from 'ws';
import { CertificateError, ConnectionFailedError, ConnectionLostError, ProtocolError } from '../../lib/errors.js';
import { encode } from '../../lib/packet/encode.js';
import { decodePackets } from '../../lib/stream/decodePackets.js';
import type { Duplex } from '../../lib/transport/Transport.js';
import type { WebSocketOptions } from '../../lib/transport/WebSocketLike.js';
import { nodeWebSocket } from '../../lib/transport/nodeWebSocket.js';
import { freePort } from '../support/freePort.js';
import { record } from '../support/record.js';
import { selfSigned } from '../support/selfSigned.js';
import { turn } from '../support/turn.js';
import { type TestWebSocketServer, webSocketServer } from '../support/webSocketServer.js';

const TIMERS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;

describe('nodeWebSocket', () => {
  let server: TestWebSocketServer | undefined;
  let hangUp: () => void;

  beforeEach(() => (hangUp = () => undefined));
  afterEach(async () => {
    sinon.restore();
    hangUp();
    await server?.close();
    server = undefined;
  });

  /** Starts a server, dials, and resolves with both ends once the connection is open. */
  async function open(options: WebSocketOptions = {}, serverOptions: ServerOptions = {}) {
    server = await webSocketServer(serverOptions);
    const connection = server.next();
    const duplex = await dial(`${server.url}/mqtt?signature=1`, options);
    return { duplex, peer: await connection, request: server.requests[0]! };
  }

  function dial(url: string, options: WebSocketOptions = {}, tls?: object): Promise<Duplex> {
    return new Promise((next, error) => {
      const dialled = nodeWebSocket(url, options, tls).subscribe({ next, error });
      hangUp = () => dialled.unsubscribe();
    });
  }

  const failure = (url: string, options?: WebSocketOptions, tls?: object) =>
    dial(url, options, tls).then(
      () => undefined,
      (error: unknown) => error as ConnectionFailedError,
    );

  const ended = (duplex: Duplex) => record(duplex.bytes$.pipe(toArray())).first(1).catch((error: unknown) => error); // prettier-ignore

  /** Resolves with what the server was sent until the connection was closed, and with the close code. */
  async function heard(peer: WebSocket): Promise<{ bytes: number; code: number }> {
    let bytes = 0;
    peer.on('message', (data: Buffer) => (bytes += data.length));
    const [code] = (await once(peer, 'close')) as [number];
    return { bytes, code };
  }

  it('should open a URL, query included, with the subprotocol mqtt and header fields [MQTT-6.0.0-3]', async () => {
    const { peer, request } = await open({ headers: { Authorization: 'Bearer x' }, origin: 'https://example.org' });
    expect(peer.protocol).to.equal('mqtt');
    expect(request.url).to.equal('/mqtt?signature=1');
    expect(request.headers).to.include({ authorization: 'Bearer x', origin: 'https://example.org' });
    expect(request.headers).not.to.have.property('sec-websocket-extensions');
  });

  it('should dial through an agent', async () => {
    const agent = new Agent();
    const requests = sinon.spy(agent, 'getName');
    await open({ agent });
    expect(requests.callCount).to.be.greaterThan(0);
  });

  it('should carry packets that have nothing to do with frames [MQTT-6.0.0-2]', async () => {
    const { duplex, peer } = await open();
    const received = record(duplex.bytes$.pipe(decodePackets()));
    const payload = Uint8Array.from({ length: 300 }, (_, i) => i);
    const packet = encode({ type: 'publish', packetId: 0, topic: 'a', payload, qos: 0, retain: false, dup: false });
    const bytes = Buffer.concat([packet, packet, packet]);
    for (const [from, to] of [[0, 1], [1, 310], [310, 700], [700, bytes.length]]) peer.send(bytes.subarray(from, to)); // prettier-ignore
    const payloads = (await received.first(3)).map((one) => [...(one as { payload: Uint8Array }).payload]);
    expect(payloads).to.deep.equal([[...payload], [...payload], [...payload]]);
  });

  it('should hand out plain bytes that are never written to again', async () => {
    const { duplex, peer } = await open();
    const received = record(duplex.bytes$);
    peer.send(Uint8Array.of(1, 2, 3));
    peer.send(Uint8Array.of(4, 5, 6));
    const chunks = await received.first(2);
    expect(chunks).to.deep.equal([Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]);
    expect(chunks.map(({ buffer }) => buffer.byteLength)).to.deep.equal([3, 3]);
  });

  it('should write binary frames, and leave the bytes as they are', async () => {
    const { duplex, peer } = await open();
    const message = once(peer, 'message') as Promise<[Buffer, boolean]>;
    const bytes = Uint8Array.of(0xc0, 0);
    duplex.write(bytes); // `ws` has to mask them
    const [data, isBinary] = await message;
    expect([[...data], isBinary, [...bytes]]).to.deep.equal([[0xc0, 0], true, [0xc0, 0]]);
  });

  it('should close at a text frame with a ProtocolError [MQTT-6.0.0-1]', async () => {
    const { duplex, peer } = await open();
    const error = ended(duplex);
    const closed = heard(peer);
    peer.send('text');
    expect(await error).to.be.instanceOf(ProtocolError);
    expect(await closed).to.have.property('code', 1000);
  });

  it('should say with which code and reason the server closed', async () => {
    const { duplex, peer } = await open();
    const error = ended(duplex);
    peer.close(1013, 'try again later');
    expect(await error).to.be.instanceOf(ConnectionLostError).and.include({ closeCode: 1013, closeReason: 'try again later' }); // prettier-ignore
  });

  it('should say that the connection broke', async () => {
    const { duplex, peer } = await open();
    const error = ended(duplex);
    peer.terminate();
    expect(await error)
      .to.be.instanceOf(ConnectionLostError)
      .with.property('closeCode', 1006);
  });

  it('should say what the server did wrong', async () => {
    const { duplex, peer } = await open({ maxPayload: 100 });
    const error = ended(duplex);
    peer.send(new Uint8Array(101));
    const lost = await error;
    expect(lost).to.be.instanceOf(ConnectionLostError).with.nested.property('cause.code', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'); // prettier-ignore
    expect(lost).to.have.property('message').that.contains('Max payload size exceeded');
  });

  for (const status of [401, 404, 503]) {
    it(`should error with the status when the server answers ${status}`, async () => {
      server = await webSocketServer({ verifyClient: (_, done) => done(false, status) });
      const error = await failure(server.url);
      expect(error).to.be.instanceOf(ConnectionFailedError);
      expect(error!.message).to.contain(server.url).and.to.contain(String(status));
    });
  }

  it('should error when the port is closed', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`;
    const error = await failure(url);
    expect(error).to.be.instanceOf(ConnectionFailedError).with.nested.property('cause.code', 'ECONNREFUSED');
    expect(error!.message).to.contain(url).and.to.contain('ECONNREFUSED');
  });

  it('should error with a reason also when each address of a name refused', async () => {
    const lookup = (_name: string, _options: object, done: (error: null, addresses: object[]) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]); // prettier-ignore
    const error = await failure(`ws://broker:${await freePort()}`, { lookup, autoSelectFamily: true } as WebSocketOptions); // prettier-ignore
    expect(error!.message).to.contain('ECONNREFUSED');
  });

  it('should error when the server selects another subprotocol [MQTT-6.0.0-4], or none', async () => {
    for (const selected of ['other', false] as const) {
      server = await webSocketServer({ handleProtocols: () => selected });
      const error = await failure(server.url);
      expect(error).to.be.instanceOf(ConnectionFailedError);
      expect(error!.message).to.contain('subprotocol');
      await server.close();
    }
  });

  it('should open without a subprotocol for a server that knows none', async () => {
    const { peer } = await open({ protocols: [] }, { handleProtocols: () => false });
    expect(peer.protocol).to.equal('');
  });

  it('should offer compression when it is told to', async () => {
    const { duplex, peer } = await open({ perMessageDeflate: true }, { perMessageDeflate: { threshold: 0 } });
    expect(peer.extensions).to.equal('permessage-deflate');
    const received = record(duplex.bytes$);
    peer.send(new Uint8Array(1000));
    expect((await received.first(1))[0]).to.have.length(1000);
  });

  it('should open wss:// with TLS options, and not without', async () => {
    server = await webSocketServer({}, createServer(selfSigned));
    const error = await failure(server.url);
    expect(error).to.be.instanceOf(CertificateError).with.property('reason', 'DEPTH_ZERO_SELF_SIGNED_CERT');
    const connection = server.next();
    await dial(server.url, {}, { ca: selfSigned.cert, servername: 'localhost' });
    expect((await connection).protocol).to.equal('mqtt');
  });

  it('should take another class than that of ws', () => {
    class Other {
      readyState = 0;
      protocol = '';
      bufferedAmount = 0;
      binaryType = '';
      onopen = null;
      onmessage = null;
      onerror = null;
      onclose = null;
      send = () => undefined;
      close = sinon.spy();
      constructor() {
        others.push(this);
      }
    }
    const others: Other[] = [];
    nodeWebSocket('ws://broker', { WebSocketCtor: Other }).subscribe().unsubscribe();
    expect(others[0]!.close.args).to.deep.equal([[1000]]);
  });

  it('should send what was written before it hangs up, and close with 1000', async () => {
    const { duplex, peer } = await open();
    const closed = heard(peer);
    duplex.write(new Uint8Array(20_000_000));
    expect(duplex.buffered).to.be.greaterThan(0);
    hangUp();
    duplex.write(Uint8Array.of(0)); // too late
    expect(await closed).to.deep.equal({ bytes: 20_000_000, code: 1000 });
  });

  it('should leave no timer when the server answers the close', async () => {
    const { peer } = await open();
    const clock = sinon.useFakeTimers({ toFake: [...TIMERS] });
    hangUp();
    expect(clock.countTimers()).to.be.greaterThan(0);
    await once(peer, 'close');
    for (let i = 0; i < 50 && clock.countTimers() > 0; i++) await turn();
    expect(clock.countTimers()).to.equal(0);
  });

  it('should leave no timer when the server had closed before', async () => {
    const { duplex, peer } = await open();
    const error = ended(duplex);
    peer.close();
    await Promise.all([error, once(peer, 'close')]);
    const clock = sinon.useFakeTimers({ toFake: [...TIMERS] });
    hangUp();
    expect(clock.countTimers()).to.equal(0);
  });

  it('should destroy the socket within 2,000 ms of a hang-up that the server ignores', async () => {
    const { peer } = await open();
    const clock = sinon.useFakeTimers({ toFake: [...TIMERS] });
    peer.pause();
    const destroy = sinon.spy(Socket.prototype, 'destroy');
    hangUp();
    for (let i = 0; i < 5; i++) await turn();
    clock.tick(999);
    expect(destroy.callCount).to.equal(0);
    clock.tick(1_001);
    expect(destroy.callCount).to.equal(1);
    for (let i = 0; i < 50 && clock.countTimers() > 0; i++) await turn();
    expect(clock.countTimers()).to.equal(0);
  });

  it('should send all that was written before a hang-up, however slowly the server reads', async () => {
    const { duplex, peer } = await open();
    peer.pause();
    const clock = sinon.useFakeTimers({ toFake: [...TIMERS] });
    duplex.write(new Uint8Array(20_000_000));
    hangUp();
    clock.tick(20_000); // far beyond the grace, which begins when everything is out
    const closed = heard(peer);
    peer.resume();
    expect(await closed).to.deep.equal({ bytes: 20_000_000, code: 1000 });
    for (let i = 0; i < 50 && clock.countTimers() > 0; i++) await turn();
    clock.restore();
  });

  it('should give up at once, in silence, when it is unsubscribed while dialling', async () => {
    server = await webSocketServer();
    const notified = sinon.spy();
    nodeWebSocket(server.url).subscribe({ next: notified, error: notified }).unsubscribe();
    for (let i = 0; i < 20; i++) await turn();
    expect([notified.callCount, server.requests.length]).to.deep.equal([0, 0]);
  });
});
