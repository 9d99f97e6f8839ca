import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './Broker.js';
import { brokerProcess } from './brokerProcess.js';
import type { Program } from './describeWith.js';
import { findProgram } from './findProgram.js';
import { freePort } from './freePort.js';

/** The broker of NATS, as Debian has it. */
export const NATS: Program = {
  name: 'nats-server',
  path: findProgram('nats-server'),
  install: 'apt-get install nats-server',
};

/**
 * Starts nats-server, which speaks MQTT over WebSocket at the path `/mqtt` and keeps sessions over a restart. Resolves
 * when it accepts connections.
 */
export async function natsServer(): Promise<Broker> {
  const [host, port] = ['127.0.0.1', await freePort()];
  const folder = await mkdtemp(join(tmpdir(), 'tortoise-rx-'));
  const file = join(folder, 'nats.conf');
  const config = [
    'server_name: spec', // MQTT and its store, JetStream, need one
    `listen: "${host}:-1"`, // what is not used here takes any port
    `jetstream { store_dir: "${folder}" }`,
    `mqtt { listen: "${host}:-1", ack_wait: "500ms" }`, // soon sends again what a cut left unacknowledged
    `websocket { listen: "${host}:${port}", no_tls: true }`,
  ];
  await writeFile(file, config.join('\n'));
  const broker = await brokerProcess({
    host,
    port,
    webSocket: true,
    command: NATS.path ?? NATS.name,
    args: ['-c', file],
    ready: 'Server is ready',
    install: NATS.install,
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
  return Object.assign(broker, { url: `${broker.url}/mqtt` });
}
