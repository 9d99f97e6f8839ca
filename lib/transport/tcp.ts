import { Socket } from 'node:net';
import type { IpcNetConnectOpts, TcpNetConnectOpts } from 'node:net';
import { Observable, Subscription, timer } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError } from '../errors.js';
import type { Duplex, Transport } from './Transport.js';

/**
 * Where to dial: the options of `net.connect`, a `port` and `host`, or the `path` of a Unix socket. `noDelay` is `true`
 * unless said otherwise. `onread` is left out: it reuses its buffer, and a chunk belongs to the reader.
 */
export type TcpOptions = Omit<TcpNetConnectOpts, 'onread'> | Omit<IpcNetConnectOpts, 'onread'>;

/** Milliseconds that a peer has to close its side, once everything is written, before the socket is destroyed. */
const HANG_UP_GRACE = 1_000;
/** Milliseconds that what was written before a hang-up has to leave. */
const HANG_UP_PATIENCE = 30_000;

/**
 * Makes a transport over TCP or a Unix socket. Cold: each subscription dials; it emits the open connection and stays
 * silent; it errors with a `ConnectionFailedError`, whatever the reason the dial failed for; unsubscribing while
 * dialling gives up at once, and afterwards hangs up: what was written still goes out, and the socket is gone when the
 * peer has closed: 1,000 ms after the last byte left at the latest, and after 30 s if the peer does not take them.
 */
export function tcp(options: TcpOptions): Transport {
  const settled = 'path' in options ? options : { ...options, noDelay: options.noDelay ?? true };
  return socketTransport(() => dial(settled), 'connect', addressOf(options));
}

/**
 * Makes a transport of any socket of Node's: what `tcp` and `tls` have in common.
 *
 * @param dial makes the socket, once for each subscription; it may throw
 * @param opened the event that says that the socket can be used
 * @param address the peer, for error messages
 */
export function socketTransport(dial: () => Socket, opened: 'connect' | 'secureConnect', address: string): Transport {
  return new Observable<Duplex>((subscriber) => {
    let isOpen = false;
    let socket: Socket;
    const failed = (cause: unknown) =>
      subscriber.error(new ConnectionFailedError(`cannot connect to ${address}: ${reason(cause)}`, { cause }));

    try {
      socket = dial();
    } catch (cause) {
      return failed(cause);
    }
    // For good: a socket error without a listener ends the process.
    socket.on('error', (cause) => {
      socket.destroy();
      if (!isOpen) failed(cause);
    });
    // A socket destroyed from outside, by an abort signal for one, closes without an error.
    socket.once('close', () => isOpen || failed(undefined));
    socket.once(opened, () => {
      isOpen = true;
      subscriber.next(socketDuplex(socket, address));
    });
    return () => (isOpen ? hangUp(socket) : void socket.destroy());
  });
}

/** As `net.connect`, which leaks the handle when it throws (a port out of range): here it is closed. */
function dial(options: TcpOptions): Socket {
  const socket = new Socket(options);
  try {
    return socket.connect(options);
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

function addressOf(options: TcpOptions): string {
  if ('path' in options) return options.path;
  const { host = 'localhost', port } = options;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function socketDuplex(socket: Socket, address: string): Duplex {
  let lost: ConnectionLostError | undefined;
  socket.once('error', (cause) => {
    lost = new ConnectionLostError(`the connection to ${address} broke: ${reason(cause)}`, { cause });
  });

  return {
    bytes$: new Observable((reader) => {
      // A plain Uint8Array: `slice` of a Buffer would not copy but make a view.
      const data = (chunk: Buffer) => reader.next(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
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
  };
}

/** Ends the socket after what was written; input is discarded, for an unread socket would never see the peer's end. */
function hangUp(socket: Socket): void {
  if (socket.destroyed) return;
  const waits = new Subscription();
  const destroyAfter = (ms: number) => waits.add(timer(ms).subscribe(() => socket.destroy()));
  socket.once('close', () => waits.unsubscribe());
  destroyAfter(HANG_UP_PATIENCE);
  socket.end(() => destroyAfter(HANG_UP_GRACE));
  socket.removeAllListeners('data').resume();
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the socket was closed';
  const { code } = cause as NodeJS.ErrnoException;
  if (code === undefined) return cause.message;
  if (cause.message.includes(code)) return cause.message;
  return cause.message === '' ? code : `${cause.message} (${code})`; // Node's AggregateError has no message
}
