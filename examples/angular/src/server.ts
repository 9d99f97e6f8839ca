import {
  AngularNodeAppEngine,
  createNodeRequestHandler,
  isMainModule,
  writeResponseToNodeResponse,
} from '@angular/ssr/node';
import express from 'express';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

const PORT = Number(process.env['PORT'] ?? 4000);
/** Where the broker listens for WebSockets. */
const BROKER = new URL(process.env['BROKER'] ?? 'ws://127.0.0.1:9001');

const app = express();
const angular = new AngularNodeAppEngine();

app.use(express.static(join(import.meta.dirname, '../browser'), { maxAge: '1y', index: false, redirect: false }));

app.use((request, response, next) => {
  angular
    .handle(request)
    .then((page) => (page ? writeResponseToNodeResponse(page, response) : next()))
    .catch(next);
});

/** Hands a WebSocket on to the broker, as a reverse proxy does in production. */
function toBroker(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (request.url !== '/mqtt') return void socket.destroy();
  const broker = connect(Number(BROKER.port || 80), BROKER.hostname, () => {
    const headers = request.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    broker.write(`${request.method} ${BROKER.pathname} HTTP/1.1\r\n${headers}\r\n`);
    broker.write(head);
    broker.pipe(socket).pipe(broker);
  });
  broker.on('error', () => socket.destroy());
  socket.on('error', () => broker.destroy());
  broker.on('close', () => socket.destroy());
  socket.on('close', () => broker.destroy());
}

if (isMainModule(import.meta.url)) {
  const server = app.listen(PORT, () => console.log(`http://localhost:${PORT}`));
  server.on('upgrade', toBroker);
}

/** What the Angular CLI asks, in `ng serve` and while it builds. */
export const reqHandler = createNodeRequestHandler(app);
