import type { Duplex as Stream } from 'node:stream';
import type { MqttError } from '../errors.js';

/** What TLS adds to a socket. */
export interface Security {
  /** The error for what broke the socket, where there is a better one than that it broke. */
  explain(cause: unknown, socket: Stream | undefined, isOpen: boolean): MqttError | undefined;
  /** Why the peer's certificate was not accepted, for an open socket that goes on all the same. */
  unverified(socket: Stream): string | undefined;
}
