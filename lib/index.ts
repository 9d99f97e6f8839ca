import { createClientWith } from './client/createClient.js';
import type { ClientOptions } from './client/ClientOptions.js';
import type { Schemes } from './client/serverAddress.js';
import { nodeWebSocket } from './transport/nodeWebSocket.js';
import { tcp } from './transport/tcp.js';

const overTcp: Schemes[string] = (url, { tcp: options }) =>
  tcp({ ...options, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 1883 : Number(url.port) });

const overWebSocket: Schemes[string] = (url, options: ClientOptions & { tls?: object | undefined }) =>
  nodeWebSocket(url.href, options.webSocket, options.tls);

/**
 * Makes a client. It opens nothing before somebody subscribes.
 *
 * @throws {InvalidOptionsError} naming the option
 * @example
 * const client = createClient('mqtt://localhost:1883', { clientId: 'kitchen' });
 */
export const createClient = createClientWith({ mqtt: overTcp, tcp: overTcp, ws: overWebSocket, wss: overWebSocket });

export * from './everywhere.js';
export { nodeWebSocket as webSocket } from './transport/nodeWebSocket.js';
export { type TcpOptions, tcp } from './transport/tcp.js';
