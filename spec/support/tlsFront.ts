import { connect } from 'node:net';
import { type TlsOptions, createServer } from 'node:tls';
import { type Proxy, proxyOf } from './proxyOf.js';

/** What a TLS handshake agreed on. */
export interface Handshake {
  /** Whether it went on with the session of an earlier connection. */
  readonly resumed: boolean;
  /** The application's protocol (ALPN). */
  readonly protocol: string | false | null;
}

/** A server that takes TLS off for a broker that does not speak it, and sees what was agreed on. */
export async function tlsFront(
  broker: { readonly port: number },
  options: TlsOptions,
): Promise<Proxy & { readonly handshakes: readonly Handshake[] }> {
  const handshakes: Handshake[] = [];
  const server = createServer(options);
  const proxy = proxyOf(server);
  server.on('secureConnection', (client) => {
    handshakes.push({ resumed: client.isSessionReused(), protocol: client.alpnProtocol });
    proxy.join(
      client.on('error', () => undefined),
      connect(broker.port, '127.0.0.1'),
    );
  });
  return Object.assign(await proxy.listening(), { handshakes });
}
