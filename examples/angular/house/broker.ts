import { Aedes, type AuthenticateError } from 'aedes';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { HOUSE } from './house.ts';

/** Who may come in. The house itself is one of them. */
export const USERS: Readonly<Record<string, string>> = {
  ada: 'lovelace',
  grace: 'hopper',
  [HOUSE.username]: HOUSE.password,
};

/** Runs a broker in this process, which speaks MQTT 3.1.1 over WebSocket. */
export async function runBroker(port: number): Promise<Server> {
  const broker = await Aedes.createBroker({
    authenticate(client, username, password, done) {
      const isRight = Object.hasOwn(USERS, username ?? '') && USERS[username!] === password?.toString();
      if (isRight) return done(null, true);
      return done(Object.assign(new Error('bad user name or password'), { returnCode: 4 }) as AuthenticateError, false);
    },
  });
  const server = createServer();
  new WebSocketServer({ server }).on('connection', (socket) => {
    const stream = createWebSocketStream(socket);
    stream.on('error', () => undefined); // a tab that was closed
    broker.handle(stream);
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}
