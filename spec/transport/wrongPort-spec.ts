import { expect } from 'chai';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, mergeMap, throwError } from 'rxjs';
import { type MqttError, createClient } from '../../lib/index.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';
import { selfSigned } from '../support/selfSigned.js';

describe('a port for another protocol', () => {
  /** `host:port` of each kind of port. */
  const ports = new Map<string, string>();
  const brokers: Mosquitto[] = [];
  const servers: Server[] = [];

  before(async () => {
    for (const [kind, options] of [
      ['MQTT', {}],
      ['MQTT over TLS', { tls: selfSigned }],
      ['MQTT over WebSocket', { webSocket: true }],
    ] as const) {
      const broker = await mosquitto(options);
      brokers.push(broker);
      ports.set(kind, new URL(broker.url).host);
    }
    for (const [kind, server] of [
      ['HTTP', createServer((_, response) => response.end())],
      ['HTTP over TLS', createHttpsServer(selfSigned, (_, response) => response.writeHead(404).end())],
    ] as const) {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      servers.push(server);
      ports.set(kind, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    }
  });
  after(async () => {
    for (const broker of brokers) await broker.stop();
    for (const server of servers) await once(server.close(), 'close');
  });

  for (const [scheme, kind, hint] of [
    ['mqtt', 'MQTT over TLS', /if this port is for TLS, use mqtts:\/\//],
    ['mqtt', 'MQTT over WebSocket', /it answered in HTTP; .* use ws:\/\//],
    ['mqtt', 'HTTP', /it answered in HTTP; .* use ws:\/\//],
    ['mqtts', 'MQTT', /not speak TLS, then use mqtt:\/\//],
    ['mqtts', 'MQTT over WebSocket', /not speak TLS/],
    ['mqtts', 'HTTP over TLS', /it answered in HTTP; .* use wss:\/\//],
    ['ws', 'MQTT', /without WebSocket, mqtt:\/\//],
    ['ws', 'MQTT over TLS', /if this port is for TLS, use wss:\/\/ or mqtts:\/\//],
    ['ws', 'HTTP', /200; is the path right/],
    ['wss', 'MQTT', /not speak TLS, then use ws:\/\/ or mqtt:\/\//],
    ['wss', 'MQTT over TLS', /without WebSocket, use mqtts:\/\//],
    ['wss', 'MQTT over WebSocket', /not speak TLS, then use ws:\/\//],
    ['wss', 'HTTP over TLS', /404; is the path right/],
  ] as const) {
    it(`should be named by the error, with what to do: ${scheme}:// at a port for ${kind}`, async () => {
      const client = createClient(`${scheme}://${ports.get(kind)}`, {
        ...(scheme.endsWith('s') && scheme !== 'ws' ? { tls: { ca: selfSigned.cert, servername: 'localhost' } } : {}),
        retryWhen: (failures) => failures.pipe(mergeMap(({ error }) => throwError(() => error))),
      });
      const error = await firstValueFrom(client.connection$).catch((e: unknown) => e as MqttError);
      expect(error)
        .to.have.property('code')
        .that.matches(/^CONNECTION_(FAILED|LOST)$/);
      expect(error).to.have.property('message').that.matches(hint);
    });
  }
});
