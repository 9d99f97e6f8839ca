import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { NEVER, Observable, defer, finalize, map } from 'rxjs';
import type { ConnackPacket, Packet, PacketType, QoS } from '../../lib/packet/Packet.js';
import type { Transport } from '../../lib/transport/Transport.js';
import { memory } from '../../lib/transport/memory.js';
import { ScriptedConnection } from './ScriptedConnection.js';
import type { ScriptedPeer } from './ScriptedConnection.js';

/** What the broker answers to CONNECT; a refusal is followed by a close. */
export type ScriptedConnack = Partial<Omit<ConnackPacket, 'type'>> | 'silent';

/** The server of client specs: a script of receive, send, close and silence, in memory or over a socket. */
export interface ScriptedBroker {
  /** Dials this broker in memory. */
  readonly transport: Transport;
  /** How often `transport` was dialled, whatever came of it. */
  dials: number;
  /** Every connection there was, in order. */
  readonly connections: ScriptedConnection[];
  /** The last connection; throws if there was none. */
  readonly current: ScriptedConnection;
  /** Whether the client can stop what the next connections send it. Default `true`. */
  isPausable: boolean;
  /** What becomes of the next dials in memory. Default `'accept'`. */
  dial: 'accept' | 'refuse' | 'hang';
  /** The answer to CONNECT. Default: accepted, no session present. */
  connack: ScriptedConnack;
  /** Whether packets are answered as a broker would. Default `true`. */
  auto: boolean;
  /** Types of packets that are not answered although `auto` is on. */
  readonly silentOn: Set<PacketType>;
  /** Packets on which the broker hangs up without an answer. Default: none. */
  offends: (packet: Packet) => boolean;
  /** Milliseconds until it does. Default 0: at once. */
  patience: number;
  /** What SUBACK says to a filter. Default: what was asked for. */
  grant: (filter: string, qos: QoS) => QoS | 0x80;
  /** Listens on a free port of 127.0.0.1 too. `close` breaks what is open and resolves when all is gone. */
  listen(): Promise<{ readonly port: number; readonly close: () => Promise<void> }>;
}

/** Makes a {@link ScriptedBroker}; its transport is synchronous unless said otherwise. */
export function scriptedBroker(options: { synchronous?: boolean; auto?: boolean } = {}): ScriptedBroker {
  const { synchronous = true, auto = true } = options;

  const accept = (peer: ScriptedPeer): ScriptedConnection => {
    const connection = new ScriptedConnection(peer, (packet) => {
      if (!connection.open) return;
      if (broker.offends(packet)) hangUp(broker, connection);
      else if (broker.auto && !broker.silentOn.has(packet.type)) answer(broker, connection, packet);
    });
    broker.connections.push(connection);
    return connection.start();
  };

  const broker: ScriptedBroker = {
    transport: defer(() => {
      broker.dials += 1;
      if (broker.dial === 'hang') return NEVER;
      let connection: ScriptedConnection | undefined;
      const serve = (peer: ScriptedPeer) => {
        if (broker.dial === 'refuse') throw new Error('ECONNREFUSED');
        connection = accept(peer);
      };
      return memory(serve, { synchronous }).pipe(
        map((duplex) => ({
          bytes$: duplex.bytes$,
          write(bytes: Uint8Array) {
            if (connection?.hungUp) connection.faults.push(`${bytes.length} bytes written after the hang-up`);
            duplex.write(bytes);
          },
          get buffered() {
            return duplex.buffered;
          },
          ...(broker.isPausable && { pause: () => duplex.pause!(), resume: () => duplex.resume!() }),
        })),
        finalize(() => connection?.closedByClient()),
      );
    }),
    dials: 0,
    connections: [],
    get current() {
      const last = broker.connections.at(-1);
      if (!last) throw new Error('nobody has connected yet');
      return last;
    },
    isPausable: true,
    dial: 'accept',
    connack: {},
    auto,
    silentOn: new Set(),
    offends: () => false,
    patience: 0,
    grant: (_filter, qos) => qos,
    listen: () => listen(accept),
  };
  return broker;
}

function hangUp(broker: ScriptedBroker, connection: ScriptedConnection): void {
  const close = () => {
    if (connection.open) connection.close();
  };
  if (broker.patience === 0) close();
  else setTimeout(close, broker.patience);
}

function answer(broker: ScriptedBroker, connection: ScriptedConnection, packet: Packet): void {
  switch (packet.type) {
    case 'connect': {
      if (broker.connack === 'silent') return;
      const { sessionPresent = false, reasonCode = 0, properties } = broker.connack;
      connection.send({ type: 'connack', sessionPresent, reasonCode, properties });
      if (reasonCode !== 0) connection.close();
      return;
    }
    case 'publish':
      if (packet.qos === 1) connection.send({ type: 'puback', packetId: packet.packetId });
      if (packet.qos === 2) connection.send({ type: 'pubrec', packetId: packet.packetId });
      return;
    case 'pubrec':
      return connection.send({ type: 'pubrel', packetId: packet.packetId });
    case 'pubrel':
      return connection.send({ type: 'pubcomp', packetId: packet.packetId });
    case 'subscribe': {
      const reasonCodes = packet.subscriptions.map(({ filter, qos }) => broker.grant(filter, qos));
      return connection.send({ type: 'suback', packetId: packet.packetId, reasonCodes });
    }
    case 'unsubscribe':
      return connection.send({ type: 'unsuback', packetId: packet.packetId });
    case 'pingreq':
      return connection.send({ type: 'pingresp' });
    case 'puback':
    case 'pubcomp':
    case 'disconnect':
    case 'auth':
      return;
    case 'connack':
    case 'suback':
    case 'unsuback':
    case 'pingresp':
      return void connection.faults.push(`${packet.type} from a client`);
  }
}

async function listen(accept: (peer: ScriptedPeer) => ScriptedConnection) {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    accept(socketPeer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function socketPeer(socket: Socket): ScriptedPeer {
  return {
    bytes$: new Observable((reader) => {
      socket.on('data', (chunk: Buffer) => reader.next(chunk));
      socket.on('error', (error) => reader.error(error));
      socket.on('close', () => reader.complete());
    }),
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.end(),
    fail: () => void socket.resetAndDestroy(),
  };
}
