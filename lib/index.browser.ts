/**
 * The entry point `tortoise-rx` in browsers: WebSocket alone, no import of Node's.
 *
 * @packageDocumentation
 */
import { createClientWith } from './client/createClient.js';
import type { Schemes } from './connection/serverAddress.js';
import { webSocket } from './transport/webSocket.js';

const overWebSocket: Schemes[string] = (url, options) => webSocket(url.href, options.webSocket);

/**
 * Makes a client, of a `ws://` or `wss://` URL. It opens nothing before somebody subscribes.
 *
 * @function
 * @throws {InvalidOptionsError} naming the option
 * @example
 * const client = createClient('wss://broker.example/mqtt', { clientId: 'kitchen' });
 */
export const createClient = createClientWith({ ws: overWebSocket, wss: overWebSocket });

export * from './everywhere.js';
export { webSocket } from './transport/webSocket.js';
