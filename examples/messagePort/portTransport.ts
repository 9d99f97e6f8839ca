import { Observable, ReplaySubject } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError, type Duplex, type Transport } from '../../lib/index.js';

/** What is said through the port: first `open`, then bytes both ways, in the end `end`, with the error if there was one. */
export type PortMessage =
  | { readonly type: 'open' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly error?: string };

/** Posts bytes. A copy, for the port copies the whole buffer under a view; it is handed over, not copied again. */
export function postBytes(port: MessagePort, view: Uint8Array): void {
  const bytes = view.slice();
  port.postMessage({ type: 'bytes', bytes } satisfies PortMessage, [bytes.buffer]);
}

/**
 * Makes a transport out of message ports: for a worker or an iframe that must not open connections itself. Keeps the
 * promises of `Transport`: each subscription dials, with a channel of its own; it emits when the other end is connected;
 * unsubscribing hangs up.
 *
 * @param dial passes a port to the code that opens connections, see `bridge`
 */
export function portTransport(dial: (port: MessagePort) => void): Transport {
  return new Observable<Duplex>((subscriber) => {
    const { port1: port, port2: theirs } = new MessageChannel();
    const bytes$ = new ReplaySubject<Uint8Array>(); // keeps what comes before it is read, and the end
    let isOpen = false;

    port.onmessage = ({ data }: MessageEvent<PortMessage>) => {
      switch (data.type) {
        case 'open':
          isOpen = true;
          return subscriber.next({
            bytes$,
            write: (bytes) => postBytes(port, bytes), // does nothing once the port is closed
            buffered: 0, // a port takes everything at once
          });
        case 'bytes':
          return bytes$.next(data.bytes);
        case 'end':
          port.close();
          if (!isOpen) subscriber.error(new ConnectionFailedError(data.error ?? 'the connection was closed'));
          else if (data.error === undefined) bytes$.complete();
          else bytes$.error(new ConnectionLostError(data.error));
      }
    };
    dial(theirs);

    return () => {
      port.postMessage({ type: 'end' } satisfies PortMessage); // arrives behind what was written
      port.close();
    };
  });
}
