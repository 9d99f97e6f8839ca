import type { TcpOptions } from './TcpOptions.js';

/** The peer, for people. */
export function addressOf({ path, host = 'localhost', port }: TcpOptions): string {
  return path ?? (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
}
