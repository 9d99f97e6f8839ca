import { catchError, defer, filter, from, interval, map, pairwise, startWith, switchMap, take, throwError } from 'rxjs';
import type { WebSocket } from 'ws';
import { ConnectionFailedError, InvalidOptionsError } from '../errors.js';
import type { Transport } from './Transport.js';
import type { WebSocketConstructor, WebSocketKind, WebSocketLike, WebSocketOptions } from './WebSocketLike.js';
import { WsDuplex } from './WsDuplex.js';
import { copied } from './copied.js';
import { tlsError } from './tlsError.js';
import { checkWebSocket, webSocket } from './webSocket.js';

/** Milliseconds that a peer has to answer the close frame, once everything is written, before the socket is destroyed. */
const HANG_UP_GRACE = 1_000;

const CLOSED = 3;

/** Other defaults than those of `ws`: payloads are small or compressed already, and a packet may have 256 MiB. */
const DEFAULTS = { perMessageDeflate: false, maxPayload: 268_435_460 };

/**
 * Makes a transport as `webSocket` does, of the package `ws`, which is loaded at the first dial: a client over TCP
 * does not need the HTTP, TLS and compression that come with it. After a hang-up the socket is gone when the server has
 * closed: two seconds after the last byte left at the latest, and after 30 s if the server does not take them.
 *
 * @param tls options of `tls.connect`, for `wss://`; those of `options` go first
 * @throws {InvalidOptionsError} the URL has a fragment, or `WebSocketCtor` is no class
 */
export function nodeWebSocket(url: string, options: WebSocketOptions = {}, tls: object = {}): Transport {
  checkWebSocket(url, options);
  const all = copied({ ...DEFAULTS, ...tls, ...options });
  if (options.WebSocketCtor) return webSocket(url, all);
  return defer(() => from(import('ws').catch(missing))).pipe(
    switchMap(({ WebSocket }) =>
      webSocket(url, { ...all, WebSocketCtor: WebSocket as unknown as WebSocketConstructor }, kind),
    ),
    catchError((error: Error) => throwError(() => explained(error, url, 'cert' in all))),
  );
}

const kind: WebSocketKind = {
  open: (socket, bytes$) => new WsDuplex(socket as unknown as WebSocket, bytes$),
  hangUp,
};

function missing(): never {
  throw new InvalidOptionsError(
    'webSocket.WebSocketCtor',
    'the package ws cannot be loaded: install it, or give a class',
  );
}

/** Says more of one that did not open, where the wrong protocol on the port is the likely reason. */
function explained(error: Error, url: string, hasOwn: boolean): Error {
  const { cause } = error;
  const { code = '', message = '' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  const address = /^wss:\/\/(?:[^/?#]*@)?([^/?#]+)/.exec(url)?.[1];
  const adding = (hint: string) => new ConnectionFailedError(`${error.message}; ${hint}`, { cause });
  if (/response: (200|404|405|426)$/.test(message)) return adding('is the path right? Many brokers take /mqtt');
  // What Node says when the other side hangs up without a response: over TLS that is after the handshake.
  const isHttpRefused = message === 'socket hang up' || code.startsWith('HPE_');
  if (address && !isHttpRefused) {
    return tlsError(cause, { address, isOpen: false, hasOwn, plain: 'ws:// or mqtt://' }) ?? error;
  }
  if (address) return adding('if this port is for MQTT without WebSocket, use mqtts://');
  if (!isHttpRefused && code !== 'ECONNRESET') return error;
  return adding('if this port is for TLS, use wss:// or mqtts://, if it is for MQTT without WebSocket, mqtt://');
}

/** Hangs up sooner than `ws`, which always waits 30 s for the peer. */
function hangUp(webSocket: WebSocketLike): void {
  const socket = webSocket as WebSocketLike & Pick<WebSocket, 'once' | 'terminate'>;
  socket.close(1_000);
  if (socket.readyState === CLOSED) return;
  const unsent = () => socket.bufferedAmount;
  const waiting = interval(HANG_UP_GRACE)
    .pipe(
      map(unsent),
      startWith(unsent()),
      pairwise(),
      filter(([before]) => before === 0),
      take(1),
    )
    .subscribe(() => socket.terminate());
  socket.once('close', () => waiting.unsubscribe());
}
