import { Observable, Subject } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError, InvalidOptionsError, ProtocolError } from '../errors.js';
import type { Duplex, Transport } from './Transport.js';
import type { WebSocketConstructor, WebSocketKind, WebSocketLike, WebSocketOptions } from './WebSocketLike.js';
import { copied } from './copied.js';

/** `readyState` of an open WebSocket. */
const OPEN = 1;

/** WebSockets that have nothing beyond the standard: those of browsers, and classes that applications give. */
const standard: WebSocketKind = {
  open: (socket, bytes$) => ({
    bytes$,
    write: (bytes) => socket.readyState === OPEN && socket.send(bytes as never),
    get buffered() {
      return socket.bufferedAmount;
    },
  }),
  hangUp: close,
};

/**
 * Makes a transport over a WebSocket, with binary frames that have nothing to do with where packets begin and end
 * [MQTT-6.0.0-2]. Cold: each subscription dials; it emits the open connection and stays silent; it errors with a
 * `ConnectionFailedError` when the WebSocket does not open, and with an `InvalidOptionsError` when there is no WebSocket
 * class or the class refuses URL or subprotocols; unsubscribing closes it behind what was written.
 *
 * `bytes$` is hot: an MQTT server sends nothing before CONNECT. It never completes: a WebSocket closes with a code, which
 * its `ConnectionLostError` has. A text frame closes the connection with a `ProtocolError` [MQTT-6.0.0-1].
 *
 * @param url `ws://…` or `wss://…`. User name and password in it are not sent to the HTTP server: they are for CONNECT.
 *   Errors leave out the query, which may be a signature
 * @param options `WebSocketCtor` is the global `WebSocket` at the time of dialling unless said otherwise
 * @param kind what the class can do beyond the standard
 * @throws {InvalidOptionsError} the URL has a fragment, or `WebSocketCtor` is no class
 */
export function webSocket(url: string, options: WebSocketOptions = {}, kind = standard): Transport {
  checkWebSocket(url, options);
  const target = url.replace(/^([^/]*\/\/)[^/?#]*@/, '$1');
  const address = target.replace(/\?.*/s, '');
  const query = target.slice(address.length);
  const own = copied(options);

  return new Observable<Duplex>((subscriber) => {
    // That the server selects one of the subprotocols [MQTT-6.0.0-4] is for the WebSocket to check (RFC 6455, 4.1).
    const { protocols = 'mqtt', WebSocketCtor = (globalThis as unknown as Globals).WebSocket, ...rest } = own;
    if (!WebSocketCtor) {
      const how = 'give a WebSocket class in webSocket.WebSocketCtor: this environment has none of its own';
      return subscriber.error(new InvalidOptionsError('webSocket.WebSocketCtor', how));
    }
    const bytes$ = new Subject<Uint8Array>();
    let isOpen = false;
    let socket: WebSocketLike;
    const ended = (why: string, details: Details) =>
      isOpen
        ? bytes$.error(new ConnectionLostError(`the connection to ${address} ended: ${why}`, details))
        : subscriber.error(new ConnectionFailedError(`cannot connect to ${address}: ${why}`, details));

    try {
      socket = new WebSocketCtor(target, [protocols].flat(), rest);
    } catch (cause) {
      const { name, message } = cause as Error;
      const why = message.replaceAll(query, ''); // a WebSocket that refuses a URL says which
      // A URL, a subprotocol, a header or a class that is wrong, or ws:// in a page from https://. All stay as they are.
      if (/^(Syntax|Security|Type|Range)Error$/.test(name)) {
        return subscriber.error(new InvalidOptionsError('webSocket', why));
      }
      return ended(why, query ? {} : { cause });
    }
    const heard: Partial<WebSocketLike> = {
      binaryType: 'arraybuffer',
      onopen: () => {
        isOpen = true;
        subscriber.next(kind.open(socket, bytes$));
      },
      onmessage: ({ data }: { data: string | ArrayBuffer }) => {
        if (typeof data !== 'string') return bytes$.next(new Uint8Array(data));
        close(socket);
        bytes$.error(new ProtocolError('expected binary frames, got a text frame', 'MQTT-6.0.0-1'));
      },
      // Never removed: `ws` throws an error that has no listener. Browsers do not say what went wrong; they only close.
      onerror: ({ error, message }: { error?: { code?: string }; message?: string }) => {
        const why = [message, error?.code].find(Boolean); // an AggregateError of Node's has no message
        if (why) ended(why.replaceAll(query, ''), query && why.includes(query) ? {} : { cause: error });
      },
      onclose: ({ code, reason }: { code: number; reason: string }) =>
        ended(
          `the WebSocket closed with code ${code} ${reason}`.trim() +
            (isOpen ? '' : '; the port must be for MQTT over WebSocket, a console may say more'),
          { closeCode: code, closeReason: reason },
        ),
    };
    Object.assign(socket, heard); // not one by one, see docs/performance.md

    return () => kind.hangUp(socket);
  });
}

/** @throws {InvalidOptionsError} what no attempt to dial could cure */
export function checkWebSocket(url: string, { WebSocketCtor }: WebSocketOptions): void {
  if (url.includes('#')) {
    throw new InvalidOptionsError('server', 'expected a URL without a fragment; in a password write # as %23');
  }
  if (WebSocketCtor !== undefined && typeof WebSocketCtor !== 'function') {
    throw new InvalidOptionsError('webSocket.WebSocketCtor', `expected a class, got ${typeof WebSocketCtor}`);
  }
}

interface Globals {
  readonly WebSocket: WebSocketConstructor | undefined;
}

type Details = ConstructorParameters<typeof ConnectionLostError>[1];

/** Browsers allow no other code below 3,000. */
function close(socket: WebSocketLike): void {
  socket.close(1_000);
}
