import { expect } from 'chai';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { type TlsOptions as ServerOptions, createServer as createTlsServer } from 'node:tls';
import { firstValueFrom } from 'rxjs';
import { CertificateError, isFatal } from '../../lib/errors.js';
import type { Transport } from '../../lib/transport/Transport.js';
import { nodeWebSocket } from '../../lib/transport/nodeWebSocket.js';
import { tls } from '../../lib/transport/tls.js';
import { type Authority, authority } from '../support/certificates.js';

/** How each scheme is served and dialled. */
const SCHEMES: Readonly<Record<string, [(options: ServerOptions) => Server, (port: number, ca: string) => Transport]>> =
  {
    mqtts: [createTlsServer, (port, ca) => tls({ host: '127.0.0.1', port, ca })],
    wss: [createHttpsServer, (port, ca) => nodeWebSocket(`wss://127.0.0.1:${port}/mqtt`, {}, { ca })],
  };

describe('the dates of a certificate', () => {
  let ours: Authority;
  let server: Server;

  before(async () => (ours = await authority('ours')));
  afterEach(() => once(server.close(), 'close'));

  for (const [scheme, [serve, dial]] of Object.entries(SCHEMES)) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const [valid, reason] of [
        ['until yesterday', 'CERT_HAS_EXPIRED'],
        ['from tomorrow', 'CERT_NOT_YET_VALID'],
      ] as const) {
        it(`should be the reason of a CertificateError, which another try may cure: ${scheme}, ${version}, valid ${valid}`, async () => {
          const identity = await ours.sign(['127.0.0.1'], { valid });
          server = serve({ ...identity, minVersion: version, maxVersion: version });
          await once(server.listen(0, '127.0.0.1'), 'listening');
          const { port } = server.address() as AddressInfo;
          const error = await firstValueFrom(dial(port, ours.cert)).catch((e: unknown) => e as CertificateError);
          expect(error).to.be.instanceOf(CertificateError).with.property('reason', reason);
          expect(isFatal(error as CertificateError)).to.equal(false);
        });
      }
    }
  }
});
