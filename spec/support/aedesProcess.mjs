// aedes as a program: `node aedesProcess.mjs '{ "host", "port", "users", "denied", "webSocket" }'`. See aedesBroker.ts.
import { Aedes } from 'aedes';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { WebSocketServer, createWebSocketStream } from 'ws';

const { host, port, users, denied, webSocket } = JSON.parse(process.argv[2]);

const isDenied = (filter) =>
  denied !== undefined && (filter === denied || (denied.endsWith('/#') && filter.startsWith(denied.slice(0, -1))));

const aedes = await Aedes.createBroker({
  maxInflightInbound: 0,
  authenticate: (client, username, password, done) =>
    users === undefined || (Object.hasOwn(users, username ?? '') && users[username] === password?.toString())
      ? done(null, true)
      : done(Object.assign(new Error('bad user name or password'), { returnCode: 4 }), false),
  authorizeSubscribe: (client, subscription, done) => done(null, isDenied(subscription.topic) ? null : subscription),
});
for (const event of ['clientError', 'connectionError'])
  aedes.on(event, (client, error) => console.log(event, client?.id, error?.message));

function webSocketServer() {
  const server = createHttpServer();
  new WebSocketServer({ server }).on('connection', (socket) => {
    const stream = createWebSocketStream(socket);
    stream.on('error', () => undefined); // a client that vanished
    aedes.handle(stream);
  });
  return server;
}

(webSocket ? webSocketServer() : createServer(aedes.handle)).listen({ host, port }, () => console.log('listening'));
