import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TcpOptions } from './TcpOptions.js';

/** Dials with `connect`, if the options have it: a promise of a socket that is connected. */
export function handedIn({
  connect,
  host = 'localhost',
  port = 0,
}: TcpOptions): ((signal: () => AbortSignal) => Promise<Socket>) | undefined {
  if (!connect) return undefined;
  return async (signalOf) => {
    const signal = signalOf();
    const socket = (await connect({ host, port, signal })) as unknown as Socket;
    if (socket.destroyed) throw new Error('the socket that connect gave is closed');
    if (socket.pending) {
      await once(socket, 'connect', { signal }).catch((error: unknown) => {
        socket.on('error', () => undefined).destroy();
        throw error;
      });
    }
    return socket;
  };
}
