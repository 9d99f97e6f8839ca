import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { breakOff } from './tcpProxy.js';

/** How bad a link is. */
export interface LinkFault {
  /** Bytes a second that go to the broker. */
  rate: number;
  /** Milliseconds until a connection is broken off. */
  life: number;
}

/** A TCP proxy whose connections are slow, or do not live long. */
export interface BadLink {
  readonly url: string;
  /** How many connections there were. */
  connections: number;
  /** From now on, and for the connections that are open. */
  become(fault: Partial<LinkFault>): void;
  /** Breaks the present connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Milliseconds between two portions of a slow link. */
const PERIOD = 5;
/** Bytes that wait in the proxy before the client has to. */
const ROOM = 65_536;

/** Starts a proxy. Resolves when it listens. @param port where the broker listens, at 127.0.0.1 */
export async function badLink(port: number, fault: Partial<LinkFault> = {}): Promise<BadLink> {
  const present: LinkFault = { rate: Infinity, life: Infinity, ...fault };
  const cuts = new Set<() => void>();
  const server = createServer({ noDelay: true }, (client) => {
    link.connections++;
    const broker = connect({ port, host: '127.0.0.1', noDelay: true });
    const passing = pass(client, broker, present);
    const dying = present.life < Infinity ? setTimeout(() => cut(), present.life) : undefined;
    const cut = () => {
      cuts.delete(cut);
      clearTimeout(dying);
      clearInterval(passing);
      breakOff(client);
      breakOff(broker);
    };
    cuts.add(cut);
    broker.on('data', (chunk) => client.write(chunk));
    for (const socket of [client, broker]) socket.on('error', cut).on('close', cut);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const link: BadLink = {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: 0,
    become: (fault) => void Object.assign(present, fault),
    cut: () => [...cuts].forEach((cut) => cut()),
    async close() {
      server.close();
      link.cut();
      await once(server, 'close');
    },
  };
  return link;
}

/** Passes on what the client says, so much in each period. */
function pass(client: Socket, broker: Socket, fault: LinkFault): NodeJS.Timeout {
  let waiting: Buffer[] = [];
  let bytes = 0;
  const portion = () => {
    let room = (fault.rate * PERIOD) / 1_000;
    while (room > 0 && waiting.length > 0) {
      const piece = waiting[0]!.subarray(0, room);
      waiting[0] = waiting[0]!.subarray(piece.length);
      if (waiting[0].length === 0) waiting = waiting.slice(1);
      room -= piece.length;
      bytes -= piece.length;
      broker.write(piece);
    }
    if (bytes < ROOM) client.resume();
  };
  client.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (fault.rate === Infinity) portion();
    else if (bytes >= ROOM) client.pause();
  });
  client.on('end', () => {
    fault = { ...fault, rate: Infinity };
    portion();
    broker.end();
  });
  return setInterval(portion, PERIOD);
}
