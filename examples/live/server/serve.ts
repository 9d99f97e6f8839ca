import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { EMPTY, Observable, Subscription, catchError, timer } from 'rxjs';
import { WebSocketServer } from 'ws';
import { type Programme, isDeed } from '../Stage.js';
import type { BrokerSwitch } from './BrokerSwitch.js';
import { Guest } from './Guest.js';
import type { Files } from './bundle.js';
import { join } from './join.js';

/** What the server needs to know. */
export interface Hosting extends Programme {
  readonly files: Files;
  readonly broker: BrokerSwitch;
  /** The port to listen on; 0: any. */
  readonly port: number;
}

/** Milliseconds after which a page that is gone does not come back. */
const GONE = 15_000;
/** The close code of a WebSocket gateway that does not reach what is behind it. */
const BAD_GATEWAY = 1_014;
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
/** `/act/<page>/cut`, `/conditions/<page>`, `/mqtt/<page>/<client>` */
const ROUTE = /^\/(act|conditions|mqtt)\/([a-z0-9]{1,20})(?:\/([a-z-]+))?$/;

/**
 * Serves the page, and plays broker and network for it. Cold; emits the address, and stays silent; errs when it cannot
 * listen.
 */
export function serve(hosting: Hosting): Observable<string> {
  return new Observable((subscriber) => {
    const host = new Host(hosting);
    const server = createServer((request, response) => host.answer(request, response));
    server.on('upgrade', (request, socket, head) => host.upgrade(request, socket, head));
    server.once('error', (error) => subscriber.error(error));
    server.listen(hosting.port, '127.0.0.1', () => subscriber.next(addressOf(server)));
    return () => {
      host.close();
      server.close();
      server.closeAllConnections();
    };
  });
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

class Host {
  private readonly guests = new Map<string, Guest>();
  private readonly sockets = new WebSocketServer({ noServer: true });
  private readonly sweeping = new Subscription();

  constructor(private readonly hosting: Hosting) {}

  answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').replace(/\?.*/, '');
    const [, verb, page, deed] = ROUTE.exec(path) ?? [];
    if (verb === 'conditions' && request.method === 'GET') return this.tell(this.guest(page!), response);
    if (verb === 'act' && request.method === 'POST') return void this.act(this.guest(page!), deed!, request, response);
    if (path === '/programme.json') {
      const { place, protocolVersion } = this.hosting;
      const programme: Programme = { place, protocolVersion };
      return reply(response, 200, 'application/json', JSON.stringify(programme));
    }
    const name = path === '/' ? 'index.html' : path.slice(1);
    const file = this.hosting.files.get(name);
    if (!file) return reply(response, 404, 'text/plain', 'There is no such page.');
    return reply(response, 200, TYPES[name.replace(/^.*\./, '')] ?? 'application/octet-stream', file);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [, verb, page] = ROUTE.exec(request.url ?? '') ?? [];
    const { url } = this.hosting.broker;
    const guest = verb === 'mqtt' && isOwn(request) ? this.guest(page!) : undefined;
    if (!guest) return void socket.destroy();
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (url && guest.network.isBrokerUp) join(webSocket, url, guest.network);
      else webSocket.close(BAD_GATEWAY, 'the broker is dead'); // not before it is open: browsers call that an error of the page
    });
  }

  close(): void {
    this.sweeping.unsubscribe();
    for (const { network } of this.guests.values()) network.cut();
    this.sockets.close();
  }

  private guest(page: string): Guest {
    let guest = this.guests.get(page);
    if (!guest) {
      this.guests.set(page, (guest = new Guest(page)));
      if (!this.hosting.broker.url) guest.network.act('kill');
    }
    return guest;
  }

  /** A stream of server-sent events: the conditions. */
  private tell(guest: Guest, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    guest.watchers++;
    const telling = guest.network.conditions$.subscribe((conditions) =>
      response.write(`data: ${JSON.stringify(conditions)}\n\n`),
    );
    response.once('close', () => {
      telling.unsubscribe();
      guest.watchers--;
      this.sweeping.add(timer(GONE).subscribe(() => this.leave(guest)));
    });
  }

  /** The page is gone, and is not coming back. */
  private leave(guest: Guest): void {
    if (guest.watchers > 0 || !this.guests.delete(guest.page)) return;
    guest.network.cut();
    const { broker, protocolVersion } = this.hosting;
    if (!broker.url) return;
    this.sweeping.add(
      guest
        .sweep(broker.url.href, protocolVersion)
        .pipe(catchError(() => EMPTY))
        .subscribe(),
    );
  }

  private async act(guest: Guest, deed: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isDeed(deed)) return reply(response, 400, 'text/plain', `The network knows no such deed: ${deed}`);
    if (!isOwn(request)) return reply(response, 403, 'text/plain', 'This is for the page of the demo alone.');
    const isForAll = deed === 'kill' || deed === 'start';
    if (deed === 'kill') this.hosting.broker.kill();
    if (deed === 'start') await this.hosting.broker.start();
    for (const one of isForAll ? this.guests.values() : [guest]) one.network.act(deed);
    reply(response, 204);
  }
}

/** Whether the request is from the page that this server gave, and not from another site in the same browser. */
function isOwn({ headers }: IncomingMessage): boolean {
  return headers.origin === undefined || headers.origin === `http://${headers.host ?? ''}`;
}

function reply(response: ServerResponse, status: number, type?: string, body: string | Uint8Array = ''): void {
  response.writeHead(status, {
    ...(type === undefined ? {} : { 'content-type': `${type}; charset=utf-8` }),
    'cache-control': 'no-store',
  });
  response.end(body);
}
