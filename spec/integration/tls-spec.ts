import { expect } from 'chai';
import { filter, firstValueFrom } from 'rxjs';
import {
  CertificateError,
  type ClientOptions,
  ConnectionFailedError,
  type MqttClient,
  backoff,
  logTo,
} from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { type Authority, type Identity, authority } from '../support/certificates.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { tlsFront } from '../support/tlsFront.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

describe('TLS at Mosquitto', function () {
  this.timeout(20_000);
  const on = brokerStage();
  let ours: Authority;
  let other: Authority;
  let server: Identity;
  let expired: Identity;
  let device: Identity;
  let stranger: Identity;

  before(async () => {
    [ours, other] = await Promise.all([authority('ours'), authority('other')]);
    server = await ours.sign(['localhost', '127.0.0.1']);
    expired = await ours.sign(['127.0.0.1'], { valid: 'until yesterday' });
    device = await ours.sign(['device']);
    stranger = await other.sign(['stranger']);
  });

  const error = (client: MqttClient) => firstValueFrom(client.connection$).catch((cause: unknown) => cause);
  const events = (client: MqttClient, wanted: string) =>
    record(client.events$.pipe(filter(({ type }) => type === wanted)));

  /** Expects the connection to be refused because of a certificate, without another attempt. */
  async function expectRefusal(client: MqttClient, reason: RegExp, advice: RegExp): Promise<void> {
    const retries = events(client, 'retry');
    const refusal = await error(client);
    expect(refusal).to.be.instanceOf(CertificateError);
    expect(refusal).to.have.property('code', 'CERTIFICATE');
    expect(refusal).to.have.property('reason').that.match(reason);
    expect(refusal).to.have.property('message').that.match(advice);
    expect(refusal).to.have.property('cause').that.is.instanceOf(Error);
    expect(await firstValueFrom(client.state$)).to.have.property('status', 'closed');
    await record(client.end()).first(1);
    expect(await retries.first(1)).to.deep.equal([]);
  }

  for (const version of VERSIONS) {
    const only: ClientOptions['tls'] = { minVersion: version, maxVersion: version };

    it(`should carry messages when its authority is known (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: server });
      const client = on.client(url, { tls: { ...only, ca: ours.cert } });
      const unverified = events(client, 'unverified');
      const received = record(client.topic$('a', { qos: 2 }));
      await granted(client, 'a');
      for (const size of [1, 200_000]) await firstValueFrom(client.publish('a', new Uint8Array(size), { qos: 2 }));
      expect((await received.first(2)).map(({ payload }) => payload.length)).to.deep.equal([1, 200_000]);
      await record(client.end()).first(1);
      expect(await unverified.first(1)).to.deep.equal([]);
    });

    it(`should be let in with a certificate of its own and a passphrase (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: { ...server, clientCa: ours.cert } });
      const own = { cert: device.cert, key: device.encryptedKey('sesame'), passphrase: 'sesame' };
      const client = on.client(url, { tls: { ...only, ...own, ca: [other.cert, Buffer.from(ours.cert)] } });
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
    });

    it(`should be refused without a certificate of its own, when the broker wants one (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: { ...server, clientCa: ours.cert } });
      const client = on.client(url, { tls: { ...only, ca: ours.cert } });
      await expectRefusal(client, /ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)$/, /tls\.cert and tls\.key/);
    });

    it(`should be refused with a certificate that the broker does not know (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: { ...server, clientCa: ours.cert } });
      const client = on.client(url, { tls: { ...only, ca: ours.cert, cert: stranger.cert, key: stranger.key } });
      await expectRefusal(client, /ALERT_UNKNOWN_CA$/, /does not accept the client certificate/);
    });

    it(`should refuse an authority that it does not know (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: server });
      const client = on.client(url, { tls: { ...only, ca: other.cert } });
      await expectRefusal(client, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/, /tls\.ca/);
    });

    it(`should refuse one whose authority Node does not know, when none is given (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: server });
      await expectRefusal(on.client(url, { tls: only }), /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/, /tls\.ca/);
    });

    it(`should refuse a certificate for another host (${version})`, async () => {
      const { port } = await on.mosquitto({ tls: await ours.sign(['broker.example']) });
      const client = on.client(`mqtts://localhost:${port}`, { tls: { ...only, ca: ours.cert }, tcp: { family: 4 } });
      await expectRefusal(client, /^ERR_TLS_CERT_ALTNAME_INVALID$/, /localhost.*tls\.servername.*broker\.example/);
    });

    it(`should refuse an expired certificate, and try again (${version})`, async () => {
      const { url } = await on.mosquitto({ tls: expired });
      const client = on.client(url, { tls: { ...only, ca: ours.cert } });
      const [refusal] = await errorsOf(client);
      expect(refusal).to.be.instanceOf(CertificateError).with.property('reason', 'CERT_HAS_EXPIRED');
      expect(refusal!.message).to.match(/127\.0\.0\.1:\d+.* has expired/);
    });

    it(`should say so at each connection that it does not verify (${version})`, async () => {
      const broker = await on.mosquitto({ tls: expired });
      const client = on.client(broker.url, { tls: { ...only, rejectUnauthorized: false } });
      const unverified = events(client, 'unverified');
      const log: string[] = [];
      client.events$.subscribe(logTo({ log: (line) => log.push(line) }));
      const connections = record(client.connection$);
      await connections.first(1);
      await broker.restart();
      await connections.first(2);
      await record(client.end()).first(1);
      const event = { type: 'unverified', server: broker.url };
      const seen = await unverified.first(3);
      expect(seen.map(({ type, server }: { type: string; server?: string }) => ({ type, server }))).to.deep.equal([
        event,
        event,
      ]);
      expect(seen[0])
        .to.have.property('reason')
        .that.match(/^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_HAS_EXPIRED)$/);
    });
  }

  it('should verify against another name when told to', async () => {
    const { url } = await on.mosquitto({ tls: await ours.sign(['broker.example']) });
    const client = on.client(url, { tls: { ca: ours.cert, servername: 'broker.example' } });
    await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
  });

  for (const scheme of ['mqtts', 'ssl', 'tls']) {
    it(`should be spoken for ${scheme}://, to a host with a name`, async () => {
      const { port } = await on.mosquitto({ tls: server });
      const client = on.client(`${scheme}://localhost:${port}`, { tls: { ca: ours.cert }, tcp: { family: 4 } });
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
    });
  }

  it('should be spoken to an IPv6 address', async () => {
    const { url } = await on.mosquitto({ host: '::1', tls: await ours.sign(['::1']) });
    const client = on.client(url, { tls: { ca: ours.cert } });
    await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
  });

  it('should refuse a certificate for another IPv6 address', async () => {
    const { url } = await on.mosquitto({ host: '::1', tls: await ours.sign(['::2', '127.0.0.1', '::1.example']) });
    await expectRefusal(on.client(url, { tls: { ca: ours.cert } }), /^ERR_TLS_CERT_ALTNAME_INVALID$/, /::1/);
  });

  it('should come back after a restart', async () => {
    const broker = await on.mosquitto({ tls: server });
    const client = on.client(broker.url, { tls: { ca: ours.cert } });
    const connections = record(client.connection$);
    await connections.first(1);
    await broker.restart();
    await connections.first(2);
    await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
  });

  describe('taken off in front of the broker', () => {
    let front: Awaited<ReturnType<typeof tlsFront>>;
    afterEach(() => front.close());

    for (const version of VERSIONS) {
      it(`should go on with the session of the last connection after a cut (${version})`, async () => {
        front = await tlsFront(await on.mosquitto(), { ...server, minVersion: version, maxVersion: version });
        const client = on.client(`mqtts://127.0.0.1:${front.port}`, { tls: { ca: ours.cert } });
        const connections = record(client.connection$);
        for (let count = 1; count <= 3; count++) {
          await connections.first(count);
          await firstValueFrom(client.publish('a', 'x', { qos: 1 })); // behind the ticket of TLS 1.3
          front.cut();
        }
        await connections.first(4);
        expect(front.handshakes.map(({ resumed }) => resumed)).to.deep.equal([false, true, true, true]);
      });
    }

    it('should agree on a protocol (ALPN), as brokers at port 443 want it', async () => {
      front = await tlsFront(await on.mosquitto(), { ...server, ALPNProtocols: ['http/1.1', 'mqtt'] });
      const client = on.client(`mqtts://127.0.0.1:${front.port}`, { tls: { ca: ours.cert, ALPNProtocols: ['mqtt'] } });
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
      expect(front.handshakes).to.deep.equal([{ resumed: false, protocol: 'mqtt' }]);
    });

    it('should say so when there is no protocol (ALPN) that both know', async () => {
      front = await tlsFront(await on.mosquitto(), { ...server, ALPNProtocols: ['http/1.1'] });
      const client = on.client(`mqtts://127.0.0.1:${front.port}`, { tls: { ca: ours.cert, ALPNProtocols: ['mqtt'] } });
      const [retry] = await errorsOf(client);
      expect(retry).to.have.nested.property('cause.code', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
    });

    it('should carry WebSocket, and verify as it does without', async () => {
      front = await tlsFront(await on.broker('aedes', { webSocket: true }), server);
      const url = `wss://127.0.0.1:${front.port}/mqtt`;
      await firstValueFrom(on.client(url, { tls: { ca: ours.cert } }).publish('a', 'x', { qos: 1 }));
      await expectRefusal(on.client(url, { tls: { ca: other.cert } }), /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/, /tls\.ca/);
    });

    it('should be missed by a WebSocket without it, and at one without it, with errors that say so', async () => {
      const broker = await on.broker('aedes', { webSocket: true });
      front = await tlsFront(broker, server);
      const [without] = await errorsOf(on.client(`ws://127.0.0.1:${front.port}`));
      expect(without!.message).to.match(/^cannot connect to ws:.* if this port is for TLS, use wss:/);
      const [within] = await errorsOf(on.client(broker.url.replace('ws:', 'wss:'), { tls: { ca: ours.cert } }));
      expect(within!.message).to.match(/ with TLS: .*the port does not speak TLS, then use ws:/);
      for (const error of [without, within]) expect(error).to.be.instanceOf(ConnectionFailedError);
    });
  });

  it('should be tried again after a certificate was refused, if isRetryable says so', async () => {
    const { url } = await on.mosquitto({ tls: server });
    const client = on.client(url, { retryWhen: backoff({ min: 1, max: 1, retries: 2, isRetryable: () => true }) });
    const retries = events(client, 'retry');
    expect(await error(client)).to.be.instanceOf(CertificateError);
    expect(await retries.first(2)).to.have.length(2);
  });

  it('should be missed by a client without it, with an error that says so', async () => {
    const { url } = await on.mosquitto({ tls: server });
    const client = on.client(url.replace('mqtts:', 'mqtt:'));
    const [retry] = await errorsOf(client);
    expect(retry!.message).to.match(/127\.0\.0\.1:\d+ broke: .*if this port is for TLS, use mqtts:/);
  });

  it('should be missed at a port without it, with an error that says so', async () => {
    const { url } = await on.mosquitto();
    const client = on.client(url.replace('mqtt:', 'mqtts:'));
    const [retry] = await errorsOf(client);
    expect(retry!.message).to.match(/with TLS: .*the port does not speak TLS, then use mqtt:/);
  });

  async function errorsOf(client: MqttClient): Promise<Error[]> {
    const retries = events(client, 'retry');
    record(client.connection$);
    return (await retries.first(1)).map((event) => (event as { cause: Error }).cause);
  }
});
