import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { type Observable, Subject } from 'rxjs';

/** A TCP proxy on this machine that plays the bad network between a client and its broker. */
export interface TcpProxy {
  /** `mqtt://host:port` */
  readonly url: string;
  /** Emits when the broker has closed its end of a connection, which is when it has done all that follows from it. */
  readonly closedByBroker$: Observable<void>;
  /** Breaks the present connections: both ends see a reset. What was kept back is lost. */
  cut(): void;
  /**
   * Makes the present connections half-open: each end can go on writing, and neither hears from the other again, not
   * even that it is gone. New connections work.
   */
  swallow(): void;
  /** Keeps back what the broker says. */
  hold(): void;
  /** Passes on what was kept back, and all that follows. */
  release(): void;
  /** From now on resets every connection as soon as it comes; `false`: takes them again. */
  refuse(refuses: boolean): void;
  /** Breaks everything and stops listening. */
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly broker: Socket;
  swallows: boolean;
}

/** Starts a proxy. Resolves when it listens. @param target where the broker listens */
export async function tcpProxy(target: { readonly port: number; readonly host?: string }): Promise<TcpProxy> {
  const { port, host = '127.0.0.1' } = target;
  const pairs = new Set<Pair>();
  const closedByBroker$ = new Subject<void>();
  let kept: (() => void)[] | undefined;
  let refuses = false;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    if (refuses) return void client.on('error', () => undefined).resetAndDestroy();
    const broker = connect({ port, host, noDelay: true, allowHalfOpen: true });
    const pair: Pair = { client, broker, swallows: false };
    pairs.add(pair);
    const toClient = (deed: () => void) => {
      const unlessSwallowed = () => pair.swallows || deed();
      if (kept) kept.push(unlessSwallowed);
      else unlessSwallowed();
    };
    const toBroker = (deed: () => void) => pair.swallows || deed();
    client.on('error', () => toBroker(() => breakOff(broker)));
    client.on('data', (chunk) => toBroker(() => broker.write(chunk))).on('end', () => toBroker(() => broker.end()));
    client.on('close', () => toBroker(() => broker.end()));
    broker.on('error', () => toClient(() => breakOff(client)));
    broker.on('data', (chunk) => toClient(() => client.write(chunk))).on('end', () => toClient(() => client.end()));
    broker.on('close', () => {
      closedByBroker$.next();
      toClient(() => client.end());
      broker.end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const cut = () => {
    for (const pair of pairs) {
      pair.swallows = true; // what was kept back is lost
      breakOff(pair.client);
      breakOff(pair.broker);
    }
    pairs.clear();
  };
  const release = () => {
    const deeds = kept ?? [];
    kept = undefined;
    for (const deed of deeds) deed();
  };

  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closedByBroker$: closedByBroker$.asObservable(),
    cut,
    release,
    swallow: () => pairs.forEach((pair) => (pair.swallows = true)),
    hold: () => (kept ??= []),
    refuse: (value) => (refuses = value),
    async close() {
      refuses = true;
      kept = undefined;
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Breaks a connection. A reset after `end()` would keep the process from exiting: Node 20 spins, and never frees it. */
export function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}
