import { type Socket, connect, createServer } from 'node:net';
import { type Proxy, proxyOf } from './proxyOf.js';

/** Starts a SOCKS5 proxy (RFC 1928) that asks for no credentials and knows CONNECT to a name or an IPv4 address. */
export function socksProxy(): Promise<Proxy> {
  const server = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', () => {
      client.write(Uint8Array.of(5, 0)); // no authentication
      client.once('data', (request: Buffer) => dial(client, request));
    });
  });
  const proxy = proxyOf(server);
  const dial = (client: Socket, request: Buffer) => {
    const isName = request[3] === 3;
    const address = request.subarray(isName ? 5 : 4, -2);
    const host = isName ? address.toString() : address.join('.');
    const port = request.readUInt16BE(request.length - 2);
    proxy.asked.push(`${host}:${port}`);
    const answer = (code: number) => client.write(Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0));
    const broker = connect(port, host, () => {
      answer(0);
      proxy.join(client, broker);
    });
    broker.once('error', () => answer(5) && client.end()); // refused
  };
  return proxy.listening();
}
