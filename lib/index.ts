/**
 * The entry point `tortoise-rx` in Node, Deno and Bun: MQTT over TCP, TLS, WebSocket and Unix sockets.
 *
 * @packageDocumentation
 */
import { createClientWith } from './client/createClient.js';
import { InvalidOptionsError } from './errors.js';
import type { Schemes } from './connection/serverAddress.js';
import { nodeWebSocket } from './transport/nodeWebSocket.js';
import { tcp } from './transport/tcp.js';
import { tls } from './transport/tls.js';

/** Where a URL of MQTT without WebSocket leads. */
const to = (url: URL, port: number) => {
  const { protocol, hostname, pathname, search, hash } = url;
  if (pathname.length > 1 || search || hash) {
    const secure = port === 8883 ? 's' : '';
    // The URL itself is not shown: with / ? or # in a password its end is taken for a path.
    const hint = `did you mean ws${secure}://host:port/path? In a password write / ? # as %2F %3F %23`;
    throw new InvalidOptionsError('server', `${protocol}// has no path, query or fragment: ${hint}`);
  }
  return { host: hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? port : Number(url.port) };
};
const overTcp: Schemes[string] = (url, options) => tcp({ ...options.tcp, ...to(url, 1883) });
const overTls: Schemes[string] = (url, options) => tls({ ...options.tcp, ...options.tls, ...to(url, 8883) });
const overUnix: Schemes[string] = ({ host, pathname, search, hash }, options) => {
  if (search || hash) {
    throw new InvalidOptionsError('server', 'mqtt+unix:// has no query or fragment; in a path write ? # as %3F %23');
  }
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
 * @function
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
