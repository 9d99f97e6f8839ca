import { fileURLToPath } from 'node:url';
import type { Broker, BrokerOptions } from './Broker.js';
import { brokerProcess } from './brokerProcess.js';
import { freePort } from './freePort.js';

const PROGRAM = fileURLToPath(new URL('aedesProcess.mjs', import.meta.url));

/** Starts aedes in a process of its own; it forgets everything when that ends. Resolves when it accepts connections. */
export async function aedesBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { host = '127.0.0.1' } = options;
  const port = options.port ?? (await freePort(host));
  return brokerProcess({
    host,
    port,
    webSocket: options.webSocket,
    command: process.execPath,
    args: [PROGRAM, JSON.stringify({ ...options, host, port })],
    ready: 'listening\n',
    install: 'npm install',
    cleanUp: () => Promise.resolve(),
  });
}
