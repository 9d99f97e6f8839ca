import { createClientWith } from './client/createClient.js';
import { InvalidOptionsError } from './errors.js';
import type { Schemes } from './client/serverAddress.js';
import { nodeWebSocket } from './transport/nodeWebSocket.js';
import { tcp } from './transport/tcp.js';
import { tls } from './transport/tls.js';

const to = (url: URL, port: number) => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: url.port === '' ? port : Number(url.port),
});
const overTcp: Schemes[string] = (url, options) => tcp({ ...options.tcp, ...to(url, 1883) });
const overTls: Schemes[string] = (url, options) => tls({ ...options.tcp, ...options.tls, ...to(url, 8883) });
const overUnix: Schemes[string] = ({ host, pathname }, options) => {
  try {
    if (host === '' && pathname.length > 1) return tcp({ ...options.tcp, path: decodeURIComponent(pathname) });
  } catch {
    // not percent-encoded UTF-8
  }
  throw new InvalidOptionsError('server', 'expected a path after three slashes, as in mqtt+unix:///run/broker.sock');
};

const overWebSocket: Schemes[string] = (url, options) => nodeWebSocket(url.href, options.webSocket, options.tls);

/**
 * Makes a client. It opens nothing before somebody subscribes.
 *
 * @throws {InvalidOptionsError} naming the option
 * @example
 * const client = createClient('mqtt://localhost:1883', { clientId: 'kitchen' });
 */
export const createClient = createClientWith({
  mqtt: overTcp,
  tcp: overTcp,
  mqtts: overTls,
  ssl: overTls,
  tls: overTls,
  ws: overWebSocket,
  wss: overWebSocket,
  'mqtt+unix': overUnix,
});

export * from './everywhere.js';
export { nodeWebSocket as webSocket } from './transport/nodeWebSocket.js';
export type { NodeSocket, TcpOptions } from './transport/TcpOptions.js';
export type { Pem, TlsOptions } from './transport/TlsOptions.js';
export { tcp } from './transport/tcp.js';
export { tls } from './transport/tls.js';
