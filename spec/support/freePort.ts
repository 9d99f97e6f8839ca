import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds a port that nobody listens at. It lies below the range that the kernel takes the ports of outgoing connections
 * from: a broker that restarts finds it free still, and a client that dials while nobody listens is refused. Within that
 * range it may meet itself, because TCP lets a socket connect to its own port.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port, host, exclusive: true }, () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
