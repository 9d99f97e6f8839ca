/**
 * `npm run test:hidden -- [--minutes 10] [--keep-alive seconds]`: clients in a tab of Chromium that nobody looks at, whose
 * timers run once a minute, shall keep their connections to a broker that gives up after 1.5 times the keep-alive.
 *
 * It is real time, because Chromium's throttling is: `npm test` has none of it. Chromium lets a timer that was set by a
 * timer that was set by a timer … wait for the full minute (from the fifth on), and the others for the full second; a
 * WebSocket is no exception. So there are clients that merely wait, and some that hear messages for the first 60 % of the
 * time and nothing afterwards, because messages are what makes a keep-alive set its timer again from within the timer.
 * They fall silent 15 s after one another, so that one of them does it at a bad time before the next full minute.
 */
import { Aedes } from 'aedes';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { bundleForBrowsers } from '../../support/bundleForBrowsers.js';
import { CHROMIUM, QUIET } from '../../support/chromiumProgram.js';
import type { DatedReport, Plan } from './report.js';

const MINUTE = 60_000;
const PHASES = [0, 1, 2, 3];
const NAMES = [
  'silent',
  'publishing',
  ...PHASES.map((phase) => `hearing-${phase}`),
  ...PHASES.map((phase) => `acknowledging-${phase}`),
];

/** Playwright asks for tabs that are never throttled. */
const UNTHROTTLED = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--headless',
];
const THROTTLED = ['--headless=new', '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1'];

const { values } = parseArgs({ options: { minutes: { type: 'string' }, 'keep-alive': { type: 'string' } } });
const minutes = Number(values.minutes ?? 10);
const options = values['keep-alive'] === undefined ? {} : { keepAlive: Number(values['keep-alive']) };

/** A broker, and all that it notices. */
async function startBroker() {
  const aedes = await Aedes.createBroker();
  const connects: string[] = [];
  const gone: string[] = [];
  aedes.on('client', ({ id }) => connects.push(id));
  aedes.on('keepaliveTimeout', ({ id }) => gone.push(id));
  const heard = new Set<string>();
  aedes.on('ack', (_, { id }) => heard.add(id));
  const server = createServer();
  new WebSocketServer({ server }).on('connection', (socket) => {
    const stream = createWebSocketStream(socket);
    stream.on('error', () => undefined); // a client that vanished
    aedes.handle(stream);
  });
  const url = (await listen(server)).replace('http', 'ws');
  return {
    url,
    /** The identifiers of all CONNECTs that it accepted. */
    connects,
    /** The identifiers of those from whom it heard nothing in time. */
    gone,
    /** The identifiers of those who acknowledged a message. */
    heard,
    say: (topic: string) =>
      aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from('…'), qos: 1, dup: false, retain: false },
        () => undefined,
      ),
    close: () => aedes.close(() => server.close()),
  };
}

/** Serves the page, and takes its reports. */
async function startSite() {
  const script = bundleForBrowsers(fileURLToPath(new URL('page.ts', import.meta.url)));
  const reports: DatedReport[] = [];
  const take = async (request: IncomingMessage) => {
    const chunks = (await request.toArray()) as Buffer[];
    reports.push(JSON.parse(Buffer.concat(chunks).toString()) as DatedReport);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'POST') await take(request);
    const body = request.method === 'POST' ? '' : `<!doctype html><meta charset="utf-8"><title>hidden</title><script>${script}</script>`; // prettier-ignore
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body);
  };
  const server = createServer((request, response) => void answer(request, response));
  const url = await listen(server);
  return { url, reports, close: () => server.closeAllConnections() };
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Opens a tab, and another one in front of it. Playwright's own tabs believe that they are seen: these are not its own. */
async function openHidden(url: string) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM.path!,
    args: [...QUIET, ...THROTTLED],
    ignoreDefaultArgs: UNTHROTTLED,
    chromiumSandbox: false, // root has none
  });
  const session = await browser.newBrowserCDPSession();
  await session.send('Target.createTarget', { url });
  await pause(2_000);
  await session.send('Target.activateTarget', await session.send('Target.createTarget', { url: 'about:blank' }));
  return browser;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** What is wrong with what was seen, a line each. */
function complaints(
  { connects, gone, heard }: Awaited<ReturnType<typeof startBroker>>,
  reports: readonly DatedReport[],
): string[] {
  const found: string[] = [];
  for (const name of NAMES) {
    const count = connects.filter((id) => id === name).length;
    if (count !== 1) found.push(`${name}: the broker saw ${count} CONNECTs, not 1`);
    if (name.startsWith('acknowledging') && !heard.has(name)) found.push(`${name} acknowledged nothing`);
  }
  for (const id of gone) found.push(`${id}: the broker heard nothing from it in time`);
  for (const report of reports) {
    if (report.type !== 'disconnected' && report.type !== 'failed') continue;
    found.push(`${report.client}: ${report.type} after ${Math.round(report.at / 1_000)} s: ${report.why}`);
  }
  // Chromium begins 10 s after the page is hidden.
  const ticks = reports.filter(({ type, at }) => type === 'tick' && at > MINUTE / 2);
  const isOnceAMinute = Math.abs(ticks.length - minutes) <= 1.5;
  if (ticks.some(({ visibility }) => visibility !== 'hidden')) found.push('the page was seen: this proves nothing');
  if (!isOnceAMinute)
    found.push(
      `a timer of 1 s ran ${ticks.length} times in ${minutes} minutes, not once a minute: this proves nothing`,
    );
  return found;
}

if (CHROMIUM.path === undefined) {
  const why = `${CHROMIUM.name} is missing: ${CHROMIUM.install}`;
  console.error(`▲▲▲ NOT TESTED: a hidden tab. ${why}`);
  process.exit(process.env['CI'] ? 1 : 0);
}

const broker = await startBroker();
const site = await startSite();
const plan: Plan = { url: broker.url, names: NAMES, options };
const browser = await openHidden(`${site.url}/?${encodeURIComponent(JSON.stringify(plan))}`);
const start = performance.now();
const end = start + minutes * MINUTE;

/** Says something on each topic, every 5 s, until its time has come. */
const chatter = setInterval(() => {
  const elapsed = performance.now() - start;
  for (const phase of PHASES) {
    if (elapsed < 0.6 * minutes * MINUTE + phase * 15_000) broker.say(`chatter/${phase}`);
  }
}, 5_000);

for (let minute = 1; performance.now() < end; minute++) {
  await pause(Math.min(start + minute * MINUTE, end) - performance.now());
  const ticks = site.reports.filter(({ type }) => type === 'tick').length;
  const lost = site.reports.filter(({ type }) => type === 'disconnected').length;
  console.log(`${minute} min: ${broker.connects.length} CONNECTs of ${NAMES.length} clients, ${lost} connections lost; a timer of 1 s ran ${ticks} times`); // prettier-ignore
}
clearInterval(chatter);
const found = complaints(broker, site.reports);
await browser.close();
broker.close();
site.close();
for (const complaint of found) console.error(complaint);
console.log(found.length === 0 ? 'a hidden tab keeps its connections' : 'a hidden tab loses its connections');
process.exit(found.length === 0 ? 0 : 1);
