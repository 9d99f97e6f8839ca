import { expect } from 'chai';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { filter, firstValueFrom } from 'rxjs';
import { SocksClient } from 'socks';
import { CertificateError, type MqttClient, type TcpOptions } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { type Authority, type Identity, authority } from '../support/certificates.js';
import { freePort } from '../support/freePort.js';
import { httpProxy } from '../support/httpProxy.js';
import { socksProxy } from '../support/socksProxy.js';
import type { Proxy } from '../support/proxyOf.js';
import { record } from '../support/record.js';

type Connect = NonNullable<TcpOptions['connect']>;

/** As in the documentation of `tcp`. */
const throughHttp =
  (proxy: Proxy): Connect =>
  ({ host, port, signal }) =>
    new Promise<Socket>((resolve, reject) => {
      request({ host: proxy.host, port: proxy.port, method: 'CONNECT', path: `${host}:${port}`, signal })
        .once('error', reject)
        .once('connect', ({ statusCode }, socket: Socket) => {
          if (statusCode === 200) return resolve(socket);
          socket.destroy();
          reject(new Error(`the proxy answered ${statusCode}`));
        })
        .end();
    });

/** As in the documentation of `tcp`. */
const throughSocks =
  ({ host, port }: Proxy): Connect =>
  async (destination) =>
    (await SocksClient.createConnection({ proxy: { host, port, type: 5 }, command: 'connect', destination })).socket;

const KINDS = [
  ['an HTTP proxy', httpProxy, throughHttp, /the proxy answered 502/],
  ['a SOCKS5 proxy', socksProxy, throughSocks, /rejected connection/],
] as const;

for (const [kind, start, through, unreachable] of KINDS) {
  describe(`a client behind ${kind}`, function () {
    this.timeout(20_000);
    const on = brokerStage();
    let proxy: Proxy;
    let ours: Authority;
    let identity: Identity;

    before(async () => {
      ours = await authority('ours');
      identity = await ours.sign(['localhost']);
    });
    beforeEach(async () => (proxy = await start()));
    afterEach(() => proxy.close());

    const carries = async (client: MqttClient) => {
      const received = record(client.topic$('a', { qos: 1 }));
      await firstValueFrom(client.publish('a', new Uint8Array(100_000), { qos: 1, retain: true }));
      expect((await received.first(1))[0]!.payload).to.have.length(100_000);
    };

    it('should reach a broker, by its address and by its name', async () => {
      const { port } = await on.mosquitto();
      for (const host of ['127.0.0.1', 'localhost']) {
        await carries(on.client(`mqtt://${host}:${port}`, { tcp: { connect: through(proxy) } }));
      }
      expect(proxy.asked).to.deep.equal([`127.0.0.1:${port}`, `localhost:${port}`]);
    });

    it('should speak TLS with the broker, and verify its name', async () => {
      const { port } = await on.mosquitto({ tls: identity });
      const connect = through(proxy);
      await carries(on.client(`mqtts://localhost:${port}`, { tcp: { connect }, tls: { ca: ours.cert } }));
      const client = on.client(`mqtts://127.0.0.1:${port}`, { tcp: { connect }, tls: { ca: ours.cert } });
      const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(CertificateError).with.property('reason', 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('should come back through it when the connection breaks', async () => {
      const { port } = await on.mosquitto();
      const client = on.client(`mqtt://localhost:${port}`, { tcp: { connect: through(proxy) } });
      const connections = record(client.connection$);
      await connections.first(1);
      proxy.cut();
      await connections.first(2);
      await carries(client);
      expect(proxy.asked).to.have.length(2);
    });

    it('should learn that the proxy does not reach the broker', async () => {
      const port = await freePort();
      const client = on.client(`mqtt://127.0.0.1:${port}`, { tcp: { connect: through(proxy) } });
      const retries = record(client.events$.pipe(filter((event) => event.type === 'retry')));
      record(client.connection$);
      const [retry] = await retries.first(1);
      expect(retry!.cause.message).to.match(unreachable).and.contain(`cannot connect to 127.0.0.1:${port}`);
    });
  });
}

describe('a client behind an HTTP proxy that refuses', () => {
  const on = brokerStage();

  it('should learn what the proxy answered', async () => {
    const proxy = await httpProxy({ refuses: true });
    const client = on.client('mqtts://broker.example', { tcp: { connect: throughHttp(proxy) } });
    const retries = record(client.events$.pipe(filter((event) => event.type === 'retry')));
    record(client.connection$);
    const [retry] = await retries.first(1);
    expect(retry!.cause.message).to.equal('cannot connect to broker.example:8883: the proxy answered 403');
    expect(proxy.asked[0]).to.equal('broker.example:8883');
    await record(client.end({ force: true })).first(1);
    await proxy.close();
  });
});
