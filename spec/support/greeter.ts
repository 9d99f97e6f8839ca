import { once } from 'node:events';
import { type IncomingMessage, createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type TLSSocket, createServer as createTlsServer } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnackProperties } from '../../lib/packet/PacketProperties.js';
import { encode } from '../../lib/packet/encode.js';
import { REASON_CODES } from './ScriptedConnection.js';
import type { Identity } from './certificates.js';

/** The transports that a greeter can speak. */
export const GREETER_KINDS = ['mqtt', 'mqtts', 'ws', 'wss'] as const;
export type GreeterKind = (typeof GREETER_KINDS)[number];

/** A server that answers whatever comes first with CONNACK, and is silent from then on. For specs of what a client says of itself. */
export interface Greeter {
  /**
   * Listens with this return code, and resolves with host and port. With MQTT 5, CONNACK has the reason code that says the
   * same, and these properties.
   */
  listen(kind: GreeterKind, returnCode?: number, properties?: ConnackProperties): Promise<string>;
  /** The first bytes that each connection brought. */
  readonly greetings: Buffer[];
  /** The opening requests of WebSockets. */
  readonly requests: IncomingMessage[];
  /** What TLS connections agreed on by ALPN. */
  readonly alpn: unknown[];
  /** Ends all connections. */
  cut(): void;
  /** Stops listening, once all connections are gone. */
  close(): Promise<void>;
}

/** Makes one. @param identity what it shows over TLS */
export function greeter(identity: () => Identity): Greeter {
  const sockets = new Set<Socket | WebSocket>();
  let listening: Server | undefined;
  let properties: ConnackProperties | undefined;

  const greet = (bytes: unknown, send: (connack: Uint8Array) => void, returnCode: number) => {
    const greeting = Buffer.from(bytes as Uint8Array);
    made.greetings.push(greeting);
    const protocolVersion = greeting[greeting.indexOf('MQTT') + 4] === 5 ? 5 : 4;
    const said = protocolVersion === 5 ? { reasonCode: REASON_CODES[returnCode] ?? returnCode, properties } : {};
    send(encode({ type: 'connack', sessionPresent: false, reasonCode: returnCode, ...said }, { protocolVersion }));
  };
  const servers: Readonly<Record<GreeterKind, (returnCode: number) => Server>> = {
    mqtt: (returnCode) =>
      createServer((socket) => socket.once('data', (bytes) => greet(bytes, (b) => socket.write(b), returnCode))),
    mqtts: (returnCode) =>
      createTlsServer({ ...tls(), ALPNProtocols: ['mqtt', 'other'] }, (socket: TLSSocket) => {
        made.alpn.push(socket.alpnProtocol);
        socket.on('error', () => undefined);
        socket.once('data', (bytes) => greet(bytes, (b) => socket.write(b), returnCode));
      }),
    ws: (returnCode) => overWebSocket(createHttpServer(), returnCode),
    wss: (returnCode) => overWebSocket(createHttpsServer(tls()), returnCode),
  };
  const tls = () => ({ cert: identity().cert, key: identity().key });
  const overWebSocket = <S extends ReturnType<typeof createHttpServer>>(server: S, returnCode: number): S => {
    new WebSocketServer({ server }).on('connection', (socket, request) => {
      sockets.add(socket);
      made.requests.push(request);
      socket.once('message', (bytes) => greet(bytes, (b) => socket.send(b), returnCode));
    });
    return server;
  };

  const made: Greeter = {
    greetings: [],
    requests: [],
    alpn: [],
    async listen(kind, returnCode = 0, said?: ConnackProperties) {
      properties = said;
      const server = (listening = servers[kind](returnCode));
      server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    cut() {
      for (const socket of sockets) {
        if ('terminate' in socket) socket.terminate();
        else socket.destroy();
      }
      sockets.clear();
    },
    async close() {
      made.cut();
      const server = listening;
      listening = undefined;
      if (server) await once(server.close(), 'close');
    },
  };
  return made;
}
