import type { Duplex as Stream } from 'node:stream';
import type { MqttError } from '../errors.js';

/** What TLS adds to a socket. */
export interface Security {
  /** Gives a better error for a socket that broke, where TLS knows one. */
  explain(cause: unknown, socket: Stream | undefined, isOpen: boolean): MqttError | undefined;
  /** Says what is wrong with the peer's certificate, for an open socket that goes on all the same. */
  unverified(socket: Stream): string | undefined;
}
