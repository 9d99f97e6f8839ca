import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A proxy on this machine that a client asks to be connected. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** The `host:port` that it was asked for, each time. */
  readonly asked: string[];
  /** Breaks all connections. */
  cut(): void;
  /** Breaks all connections and stops listening. */
  close(): Promise<void>;
}

/** What the proxies have in common: they join sockets in pairs. */
export function proxyOf(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const proxy: Proxy = {
    host: '127.0.0.1',
    get port() {
      return (server.address() as AddressInfo).port;
    },
    asked: [],
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      server.close();
      proxy.cut();
      await once(server, 'close');
    },
  };
  return Object.assign(proxy, {
    join(client: Socket, broker: Socket) {
      broker.on('error', () => client.destroy());
      client.once('close', () => broker.destroy());
      broker.once('close', () => client.destroy());
      client.pipe(broker).pipe(client);
    },
    async listening(): Promise<Proxy> {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return proxy;
    },
  });
}
