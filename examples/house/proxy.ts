import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { Observable, Subscription, delay, fromEvent, takeUntil } from 'rxjs';
import { addressOf } from './reach.js';

/** A way to a broker that can be cut. */
export interface Proxy {
  /** The broker's URL, with the proxy's address in it. */
  readonly url: string;
  /** Breaks every connection that goes through: both sockets are reset, and the bytes that are on the way are lost. */
  readonly cut: () => void;
}

/**
 * Stands between a client and a broker. Cold: subscribing listens on a free port; it emits the proxy once and stays
 * silent; errors when it cannot listen; unsubscribing cuts and closes.
 *
 * @param latency milliseconds that bytes take each way; with some, there always is something on the way to be cut off
 */
export function proxy(broker: URL, latency = 15): Observable<Proxy> {
  return new Observable((subscriber) => {
    let connections = new Subscription();
    const cut = () => {
      connections.unsubscribe();
      connections = new Subscription();
    };
    const server = createServer((near) => {
      const far = connect(addressOf(broker));
      const connection = bridge(near, far, latency);
      connections.add(connection);
    });
    server.once('error', (error) => subscriber.error(error));
    server.listen(0, '127.0.0.1', () => {
      const url = new URL(broker);
      url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      subscriber.next({ url: url.href, cut });
    });
    return () => {
      cut();
      server.close();
    };
  });
}

/** Joins two sockets; unsubscribing breaks them. */
function bridge(near: Socket, far: Socket, latency: number): Subscription {
  const bridged = new Subscription(() => {
    for (const socket of [near, far]) breakOff(socket);
  });
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.once('error', () => bridged.unsubscribe());
    from.once('close', () => near.closed && far.closed && bridged.unsubscribe());
    bridged.add(
      (fromEvent(from, 'data') as Observable<Buffer>)
        .pipe(takeUntil(fromEvent(from, 'end')), delay(latency))
        .subscribe({ next: (chunk) => to.write(chunk), complete: () => to.end() }),
    );
  }
  return bridged;
}

/** Breaks a connection. A reset after `end()` would keep the process from exiting: Node 20 spins, and never frees it. */
export function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}
