import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatMap, firstValueFrom, skip, take } from 'rxjs';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { type ClientOptions, createClient } from '../../lib/index.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import type { Packet, ProtocolVersion, QoS } from '../../lib/packet/Packet.js';
import { encode } from '../../lib/packet/encode.js';
import { run } from '../examples/run.js';
import { message } from '../support/message.js';
import { selfSigned } from '../support/selfSigned.js';

const CONSUMER = join(import.meta.dirname, '../support/floodedConsumer.ts');
const COUNT = 20_000;
const PAYLOAD = 'x'.repeat(4_000);
/** What lies between the two programs: buffers of the kernel, of the sockets, and one read. */
const BETWEEN = 20_000_000;

/** What a server sends. */
interface Flood {
  readonly count: number;
  readonly version: ProtocolVersion;
  readonly qos: QoS;
}

/** Answers CONNECT and SUBSCRIBE, and then sends as much as the stream takes, to the filter that was asked for. */
function flood(stream: Duplex, { count: most, version, qos }: Flood, sent: (count: number) => void): void {
  const decoder = new PacketDecoder(undefined, version);
  const say = (packet: Packet) => stream.write(encode(packet, { protocolVersion: version }));
  let topic = '';
  let count = 0;
  const pour = () => {
    let isTaken = topic !== '';
    while (count < most && isTaken && !stream.destroyed) {
      isTaken = say(message(topic, PAYLOAD, { qos, packetId: qos && (count % 65_535) + 1 }));
      sent(++count);
    }
  };
  const answers: Partial<Record<Packet['type'], (packet: never) => Packet>> = {
    connect: () => ({ type: 'connack', sessionPresent: false, reasonCode: 0 }),
    subscribe: ({ packetId }: { packetId: number }) => ({ type: 'suback', packetId, reasonCodes: [0] }),
    pingreq: () => ({ type: 'pingresp' }),
  };
  stream.on('error', () => undefined).on('drain', pour);
  stream.on('data', (chunk: Uint8Array) => {
    decoder.push(chunk);
    for (let packet = decoder.next(); packet; packet = decoder.next()) {
      const answer = answers[packet.type]?.(packet as never);
      if (answer) say(answer);
      if (packet.type !== 'subscribe') continue;
      topic = packet.subscriptions[0]!.filter;
      pour();
    }
  });
}

describe('a server that sends faster than the application works', function () {
  this.timeout(60_000);
  let server: Server;
  let folder: string;
  let isSent = 0;
  let flooding: Flood;
  const serve = (stream: Duplex) => flood(stream, flooding, (count) => (isSent = count));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tortoise-'));
    flooding = { count: COUNT, version: 4, qos: 0 };
  });
  afterEach(async () => {
    if (server.listening) await once(server.close(), 'close');
    rmSync(folder, { recursive: true, force: true });
  });

  const port = async (made: Server): Promise<number> => {
    server = made;
    await once(made.listen(0, '127.0.0.1'), 'listening');
    return (made.address() as AddressInfo).port;
  };

  const WAYS: Record<string, () => Promise<[string, ClientOptions]>> = {
    TCP: async () => [`mqtt://127.0.0.1:${await port(createServer(serve))}`, {}],
    TLS: async () => {
      const { cert, key } = selfSigned;
      return [`mqtts://127.0.0.1:${await port(createTlsServer({ cert, key }, serve))}`, { tls: { ca: cert, checkServerIdentity: () => undefined } }]; // prettier-ignore
    },
    'a Unix socket': async () => {
      const path = join(folder, 'broker.sock');
      server = createServer(serve);
      await once(server.listen(path), 'listening');
      return [`mqtt+unix://${path}`, {}];
    },
    'a WebSocket': async () => {
      const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(sockets, 'listening');
      sockets.on('connection', (socket) => serve(createWebSocketStream(socket)));
      server = (sockets as unknown as { _server: Server })._server;
      return [`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`, {}];
    },
  };

  for (const [way, start] of Object.entries(WAYS)) {
    it(`should be made to wait over ${way}, and lose nothing`, async () => {
      const [url, options] = await start();
      const client = createClient(url, { receiveMaximum: 50, ...options });
      let most = 0;
      let handled = 0;
      const work$ = client.topic$('a', { acknowledge: 'manual' }).pipe(
        concatMap(async (one) => {
          if (handled % 10 === 0) await new Promise(setImmediate); // the server has a turn, and is faster
          most = Math.max(most, isSent - handled);
          handled++;
          expect(one.payload.length).to.equal(PAYLOAD.length);
          one.acknowledge();
        }),
        skip(COUNT - 1),
        take(1),
      );
      await firstValueFrom(work$);
      await firstValueFrom(client.end({ force: true }), { defaultValue: undefined });
      expect(handled).to.equal(COUNT);
      expect(most * PAYLOAD.length).to.be.lessThan(BETWEEN);
    });
  }

  for (const [version, qos] of [
    [4, 0],
    [4, 1],
    [5, 0],
  ] as const) {
    // an MQTT 5 server waits by itself at QoS 1
    it(`should not fill the memory of a slow consumer at QoS ${qos} under MQTT ${version}: 60,000 × 4 kB`, async () => {
      flooding = { count: 60_000, version, qos };
      const { code, stdout, stderr } = await run(CONSUMER, {
        args: [`mqtt://127.0.0.1:${await port(createServer(serve))}`, String(version), String(qos)],
        patience: 50_000,
      });
      expect([code, stderr]).to.deep.equal([0, '']);
      const { idle, most } = JSON.parse(stdout) as { idle: number; most: number };
      const window = 100 * PAYLOAD.length;
      expect(idle).to.be.greaterThan(10_000_000);
      expect(most).to.be.lessThan(1.3 * (idle + window));
    });
  }
});
