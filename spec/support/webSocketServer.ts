import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

/** A WebSocket server in the spec's process. */
export interface TestWebSocketServer {
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  /** The opening requests so far. */
  readonly requests: readonly IncomingMessage[];
  /** Resolves with the next WebSocket that is opened. */
  next(): Promise<WebSocket>;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

/**
 * Starts a server that selects `mqtt` if it is offered.
 * @param options those of `ws`
 * @param server what to listen with, for TLS; default an HTTP server
 */
export async function webSocketServer(
  options: ServerOptions = {},
  server: Server = createServer(),
): Promise<TestWebSocketServer> {
  const sockets = new WebSocketServer({ ...options, server });
  const requests: IncomingMessage[] = [];
  sockets.on('headers', (_, request) => requests.push(request));
  sockets.on('connection', (socket) => socket.on('error', () => undefined));
  const url = await listen(server);
  return {
    url: url.replace('http', 'setSecureContext' in server ? 'wss' : 'ws'),
    requests,
    next: async () => ((await once(sockets, 'connection')) as [WebSocket])[0],
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await stop(server);
    },
  };
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
