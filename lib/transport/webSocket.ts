import { Observable, Subject } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError, ProtocolError } from '../errors.js';
import type { Duplex, Transport } from './Transport.js';
import { copied } from './copied.js';
import type { WebSocketConstructor, WebSocketLike, WebSocketOptions } from './WebSocketLike.js';

/**
 * Makes a transport over a WebSocket, with binary frames that have nothing to do with where packets begin and end
 * [MQTT-6.0.0-2]. Cold: each subscription dials; it emits the open connection and stays silent; it errors with a
 * `ConnectionFailedError` when the WebSocket does not open; unsubscribing closes it behind what was written.
 *
 * `bytes$` is hot, for servers speak when they are spoken to. It never completes: a WebSocket closes with a code, and a
 * `ConnectionLostError` has it. A text frame closes the connection with a `ProtocolError` [MQTT-6.0.0-1].
 *
 * @param url `ws://…` or `wss://…`. User name and password in it are not used: they are for CONNECT, and would end up in
 *   an HTTP header. Errors leave out the query, which may be a signature
 * @param options `WebSocketCtor` is the global `WebSocket` at the time of dialling unless said otherwise
 * @param hangUp closes the WebSocket, whatever its state
 */
export function webSocket(url: string, options: WebSocketOptions = {}, hangUp = close): Transport {
  const target = url.replace(/^([^/]*\/\/)[^/?#]*@/, '$1');
  const address = target.replace(/[?#].*/s, '');
  const query = target.slice(address.length);
  const own = copied(options);

  return new Observable<Duplex>((subscriber) => {
    // That the server selects one of the subprotocols [MQTT-6.0.0-4] is for the WebSocket to check (RFC 6455, 4.1).
    const { protocols = 'mqtt', WebSocketCtor = (globalThis as unknown as Globals).WebSocket, ...rest } = own;
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
      // A WebSocket that refuses a URL says which.
      return ended((cause as Error).message.replaceAll(query, ''), query ? {} : { cause });
    }
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      isOpen = true;
      subscriber.next({
        bytes$,
        write: (bytes) => socket.readyState === 1 && socket.send(bytes as never),
        get buffered() {
          return socket.bufferedAmount;
        },
      });
    };
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      if (typeof data !== 'string') return bytes$.next(new Uint8Array(data));
      close(socket);
      bytes$.error(new ProtocolError('expected binary frames, got a text frame', 'MQTT-6.0.0-1'));
    };
    // Stays for good: `ws` throws an error that nobody listens for. Browsers do not say what went wrong, but close.
    socket.onerror = ({ error, message }: { error?: { code?: string }; message?: string }) => {
      const why = [message, error?.code].find(Boolean); // an AggregateError of Node's has no message
      if (why) ended(why.replaceAll(query, ''), query && why.includes(query) ? {} : { cause: error });
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      ended(`the WebSocket closed with code ${code} ${reason}`.trim(), { closeCode: code, closeReason: reason });

    return () => hangUp(socket);
  });
}

interface Globals {
  readonly WebSocket: WebSocketConstructor;
}

type Details = ConstructorParameters<typeof ConnectionLostError>[1];

/** With the only code below 3,000 that browsers let one send. */
function close(socket: WebSocketLike): void {
  socket.close(1_000);
}
