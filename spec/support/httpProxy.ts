import { createServer } from 'node:http';
import { type Socket, connect } from 'node:net';
import { type Proxy, proxyOf } from './proxyOf.js';

/** Starts an HTTP proxy that knows CONNECT. With `refuses` it answers 403. */
export function httpProxy({ refuses = false } = {}): Promise<Proxy> {
  const server = createServer();
  const proxy = proxyOf(server);
  server.on('connect', ({ url }, client: Socket) => {
    client.on('error', () => undefined);
    proxy.asked.push(url!);
    if (refuses) return void client.resume().end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const { hostname, port } = new URL(`mqtt://${url}`);
    const broker = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      proxy.join(client, broker);
    });
    broker.once('error', () => client.resume().end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  return proxy.listening();
}
