import { once } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import { type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { type TestBroker, testBroker } from '../../lib/testing.js';
import type { Broker, BrokerOptions } from './Broker.js';
import type { MosquittoOptions } from './mosquitto.js';

/** The options of Mosquitto that the kit's broker has as well. */
export type KitBrokerOptions = BrokerOptions &
  Pick<MosquittoOptions, 'maxPacketSize' | 'maxQoS' | 'maxInflight' | 'retainAvailable'>;

/** Sends what comes on a stream to a broker in memory, and back. */
export function plug(stream: Duplex, broker: TestBroker): void {
  const connection = broker.subscribe({
    next: (client) => {
      stream.on('data', (chunk: Buffer) => client.write(new Uint8Array(chunk))); // a copy: it is not ours to keep
      client.bytes$.subscribe({
        next: (bytes) => stream.writable && stream.write(bytes),
        error: () => stream.destroy(),
        complete: () => stream.end(),
      });
    },
    error: () => stream.destroy(),
  });
  stream.on('error', () => undefined); // a client that vanished
  stream.on('end', () => stream.end());
  stream.on('close', () => connection.unsubscribe());
}

/** The kit's broker behind a socket, so that whatever runs against a broker of others runs against it. */
export async function kitBroker(options: KitBrokerOptions = {}): Promise<Broker> {
  const { host = '127.0.0.1', users, denied, webSocket = false } = options;
  const text = new TextDecoder();
  const broker = testBroker({
    receiveMaximum: options.maxInflight,
    maximumPacketSize: options.maxPacketSize,
    maximumQoS: options.maxQoS === 2 ? undefined : options.maxQoS,
    retainAvailable: options.retainAvailable,
    authenticate: ({ username = '', password }) =>
      users === undefined || (Object.hasOwn(users, username) && users[username] === text.decode(password)),
  });
  if (denied !== undefined) broker.refuse(denied);
  const sockets = new Set<Socket>();
  let server: Server | HttpServer;
  let { port = 0 } = options;

  const start = async () => {
    server = webSocket ? createHttpServer() : createServer({ noDelay: true, allowHalfOpen: true });
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('close', () => sockets.delete(socket)));
      if (!webSocket) plug(socket, broker);
    });
    if (webSocket) {
      new WebSocketServer({ server: server as HttpServer }).on('connection', (socket) =>
        plug(createWebSocketStream(socket), broker),
      );
    }
    await once(server.listen(port, host), 'listening');
    ({ port } = server.address() as { port: number });
  };
  const kill = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    broker.restart(); // as aedes: it forgets everything with its process
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await start();
  return {
    port,
    url: `${webSocket ? 'ws' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    output: '',
    kill,
    async restart() {
      await kill();
      await start();
    },
    stop: kill,
  };
}
