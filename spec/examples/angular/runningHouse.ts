import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Browser, type Page, chromium } from 'playwright-core';
import { lastValueFrom, take } from 'rxjs';
import { type MqttClient, createClient } from '../../../lib/index.js';
import type { Broker } from '../../support/Broker.js';
import { CHROMIUM, QUIET } from '../../support/chromiumProgram.js';
import { freePort } from '../../support/freePort.js';
import { mosquitto } from '../../support/mosquitto.js';

const USERS = { ada: 'lovelace', house: 'of-cards' };

/** Milliseconds that anything may take to be seen. */
const PATIENCE = 20_000;

/** The application as it is served, in a browser, with a broker and what the house says. */
export interface RunningHouse {
  /** Where the application is served. */
  readonly url: string;
  readonly broker: Broker;
  /** A client of the house's own. */
  readonly client: MqttClient;
  readonly page: Page;
  /** How often somebody who lives in the house has connected. */
  connects(): number;
  /** A sensor says what it measures; resolves when the broker has it. */
  measure(room: string, sensor: string, value: number): Promise<void>;
  /** What the browser complained of since the last call. */
  complaints(): string[];
  stop(): Promise<void>;
}

/**
 * Starts all of it.
 *
 * @param build the folder of a build
 * @param node the Node that runs its server
 */
export async function runningHouse(build: string, node: string): Promise<RunningHouse> {
  if (CHROMIUM.path === undefined) throw new Error(`${CHROMIUM.name} is missing: ${CHROMIUM.install}`);
  const broker = await mosquitto({ webSocket: true, users: USERS });
  const port = await freePort('127.0.0.1');
  const server = spawn(node, [`${build}/server/server.mjs`], {
    env: { ...process.env, PORT: String(port), BROKER: broker.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => server.kill());
  await once(createInterface(server.stdout), 'line'); // its address
  const client = createClient(broker.url, { username: 'house', password: USERS.house, protocolVersion: 5 });
  client.connection$.subscribe();

  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM.path,
    args: QUIET,
    chromiumSandbox: false, // root has none
  });
  const page = await browser.newPage({ viewport: { width: 1_280, height: 860 } });
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));

  return {
    url: `http://127.0.0.1:${port}`,
    broker,
    client,
    page,
    connects: () => broker.output.split('\n').filter((line) => /New client connected .*u'ada'/.test(line)).length,
    async measure(room, sensor, value) {
      const payload = JSON.stringify({ value, at: Date.now() });
      await lastValueFrom(client.publish(`house/${room}/${sensor}`, payload, { qos: 1, retain: true }).pipe(take(1)));
    },
    complaints: () => complaints.splice(0),
    async stop() {
      await browser.close();
      await lastValueFrom(client.end());
      server.kill();
      await broker.stop();
    },
  };
}
