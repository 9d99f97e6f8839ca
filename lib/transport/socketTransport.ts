import type { Duplex as Stream } from 'node:stream';
import { Observable, Subscription, timer } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError, type MqttError } from '../errors.js';
import type { Duplex, Transport } from './Transport.js';
import { socketReason } from './socketReason.js';

/** Milliseconds that a peer has to close its side, once everything is written, before the socket is destroyed. */
const HANG_UP_GRACE = 1_000;
/** Milliseconds that what was written before a hang-up has to leave. */
const HANG_UP_PATIENCE = 30_000;
/** The first byte of a TLS alert. No answer of a broker begins with it: that would be a CONNECT. */
const TLS_ALERT = 0x15;

/** Makes a socket. It may throw. A promise must give a socket that is connected; it may come after the signal. */
export type Dial = (signal: AbortSignal) => Stream | Promise<Stream>;

/** What TLS adds to a socket. */
export interface Security {
  /** The error for what broke the socket, where there is a better one than that it broke. */
  explain(cause: unknown, socket: Stream | undefined, isOpen: boolean): MqttError | undefined;
  /** Why the peer's certificate was not accepted, for an open socket that goes on all the same. */
  unverified(socket: Stream): string | undefined;
}

/**
 * Makes a transport of any socket of Node's: what `tcp` and `tls` have in common.
 *
 * @param dial is called once for each subscription
 * @param opened the event that says that the socket can be used
 * @param address the peer, for error messages
 */
export function socketTransport(
  dial: Dial,
  opened: 'connect' | 'secureConnect',
  address: string,
  security?: Security,
): Transport {
  return new Observable<Duplex>((subscriber) => {
    const abort = new AbortController();
    let isOpen = false;
    let socket: Stream | undefined;
    const failed = (cause: unknown) =>
      subscriber.error(
        security?.explain(cause, socket, false) ??
          new ConnectionFailedError(`cannot connect to ${address}: ${socketReason(cause)}`, { cause }),
      );
    const open = (stream: Stream) => {
      isOpen = true;
      subscriber.next(socketDuplex(stream, address, security));
    };
    const use = (stream: Stream, isConnected: boolean) => {
      socket = stream;
      // For good: a socket error without a listener ends the process.
      stream.on('error', (cause) => {
        stream.destroy();
        if (!isOpen) failed(cause);
      });
      if (subscriber.closed) return void stream.destroy();
      // A socket destroyed from outside, by an abort signal for one, closes without an error.
      stream.once('close', () => isOpen || failed(undefined));
      if (isConnected) open(stream);
      else stream.once(opened, () => open(stream));
    };

    try {
      const made = dial(abort.signal);
      if ('then' in made) made.then((stream) => use(stream, opened === 'connect')).catch(failed);
      else use(made, false);
    } catch (cause) {
      return failed(cause);
    }
    return () => {
      if (isOpen) return hangUp(socket!);
      socket?.destroy();
      abort.abort();
    };
  });
}

function socketDuplex(socket: Stream, address: string, security: Security | undefined): Duplex {
  let lost: MqttError | undefined;
  let isSilent = true; // the peer has not said anything
  const broke = (why: string, cause?: unknown) => {
    const hint = isSilent && !security ? '; if this port is for TLS, use mqtts://' : '';
    return new ConnectionLostError(`the connection to ${address} broke: ${why}${hint}`, { cause });
  };
  socket.once('error', (cause) => {
    lost = security?.explain(cause, socket, true) ?? broke(socketReason(cause), cause);
  });

  return {
    bytes$: new Observable((reader) => {
      const data = (chunk: Buffer) => {
        if (isSilent && !security && chunk[0] === TLS_ALERT) return reader.error(broke('it answered in TLS'));
        isSilent = false;
        // A plain Uint8Array: `slice` of a Buffer would not copy but make a view.
        reader.next(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      };
      const end = () => reader.complete();
      const close = () => (lost ? reader.error(lost) : reader.complete());
      if (socket.closed || socket.readableEnded) return close();

      socket.once('end', end).once('close', close).on('data', data); // 'data' sets the socket flowing, not before
      return () => void socket.off('end', end).off('close', close).off('data', data);
    }),
    write(bytes) {
      if (socket.writable) socket.write(bytes);
    },
    get buffered() {
      return socket.writableLength;
    },
    unverified: security?.unverified(socket),
  };
}

/** Ends the socket after what was written; input is discarded, for an unread socket would never see the peer's end. */
function hangUp(socket: Stream): void {
  if (socket.destroyed) return;
  const waits = new Subscription();
  const destroyAfter = (ms: number) => waits.add(timer(ms).subscribe(() => socket.destroy()));
  socket.once('close', () => waits.unsubscribe());
  destroyAfter(HANG_UP_PATIENCE);
  socket.end(() => destroyAfter(HANG_UP_GRACE));
  socket.removeAllListeners('data').resume();
}
