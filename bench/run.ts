// npm run bench: builds, measures every workload in child processes, client by client in turn, prints tables, writes JSON.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ProgressBar } from '../lib/cli/ProgressBar.js';
import { CLIENTS, type Results, type Row, demand, essence, number, ratio, share, shortfall } from './Results.js';
import { compareCodecs } from './codec.js';
import { growths } from './growth.js';
import { mosquittoClients } from './mosquittoClients.js';
import { workloads } from './suite.js';
import type { ClientName, Measurement, Workload } from './workloads.js';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string' },
    json: { type: 'string', default: 'bench/.out/results.json' },
  },
});
const OUT = 'bench/.out';

/** How carefully is measured: how often, and how many milliseconds of CPU each time. */
interface Care {
  readonly runs: number;
  readonly warmUp: number;
  readonly measure: number;
}

// In its first second V8 compiles, and its heap is so small that it looks for garbage in all of it again and again.
const FULL: Care = { runs: 5, warmUp: 1_200, measure: 700 };
const QUICK: Care = { runs: 2, warmUp: 350, measure: 350 };
const asked = flags.quick ? QUICK : FULL;
const CARE: Care = { ...asked, runs: Number(flags.runs ?? asked.runs) };

/** A ratio may fall to this share of its target before the quick run fails: machines of CI are noisy. */
const TOLERANCE = 0.5;

function start(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => child.kill());
  return child;
}

async function peerPort(): Promise<number> {
  const peer = start(process.execPath, [`${OUT}/peer.js`]);
  for await (const line of peer.stdout) return Number(String(line));
  throw new Error('the peer did not start');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function mosquittoPort(): Promise<number | undefined> {
  if (!existsSync('/usr/sbin/mosquitto')) return undefined;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\nqueue_qos0_messages true\n`,
  );
  start('/usr/sbin/mosquitto', ['-c', config]);
  process.once('exit', () => rmSync(folder, { recursive: true }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  return port;
}

function measureOnce(client: ClientName, workload: Workload, port: number, broker: boolean, care: Care): Measurement {
  const { name, against } = workload;
  if (against === undefined) return measureChild(client, name, port, broker, care);
  const [one = NaN, other = NaN] = [name, against].map((each) => measureChild(client, each, port, broker, care).cpu);
  return { figures: { 'times as much': one / other, 'CPU µs a message': one, 'of the other': other } };
}

function measureChild(client: ClientName, name: string, port: number, broker: boolean, care: Care): Measurement {
  const { warmUp, measure } = care;
  const args = ['--expose-gc', `${OUT}/measure.js`, client, name, String(port), broker ? 'broker' : 'peer', String(warmUp), String(measure)]; // prettier-ignore
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 })) as Measurement;
}

/** Of two the lower: what disturbs a run only ever makes it dearer. */
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]!;

/** The median of each figure. */
function middle(runs: readonly Measurement[]): Measurement {
  const of = (pick: (one: Measurement) => number | undefined) => {
    const numbers = runs.map(pick).filter((number) => number !== undefined);
    return numbers.length > 0 ? median(numbers) : undefined;
  };
  const names = Object.keys(runs[0]?.figures ?? {});
  const figures = Object.fromEntries(names.map((name) => [name, of(({ figures: f }) => f?.[name])!]));
  const plain = { cpu: of(({ cpu }) => cpu), rate: of(({ rate }) => rate), peak: of(({ peak }) => peak) };
  return { ...(JSON.parse(JSON.stringify(plain)) as Measurement), ...(names.length > 0 ? { figures } : {}) };
}

const isJudged = ({ target, limit }: Workload) => target !== undefined || limit !== undefined;

/** Whom all measurements of a workload measure, client by client in turn. */
function clientsInTurn(workload: Workload, broker: boolean, care: Care): ClientName[] {
  // What has no target is measured less often, or a full run would take longer than half an hour.
  const runs = isJudged(workload) && !broker ? care.runs : Math.ceil(care.runs / 2);
  const clients = (workload.clients ?? CLIENTS).filter((client) => !(flags.quick && client === 'floor'));
  return Array.from({ length: runs }, () => clients).flat();
}

function measureAll(list: readonly Workload[], port: number, broker: boolean, care = CARE): Row[] {
  const bar = new ProgressBar(process.stderr, 'bench');
  const total = list.reduce((sum, workload) => sum + clientsInTurn(workload, broker, care).length, 0);
  let done = 0;
  return list.map((workload) => {
    const measured: Partial<Record<ClientName, Measurement[]>> = {};
    for (const client of clientsInTurn(workload, broker, care)) {
      bar.update({ share: done++ / total, note: `${workload.name}, ${client}` });
      (measured[client] ??= []).push(measureOnce(client, workload, port, broker, care));
    }
    bar.clear();
    const results = Object.fromEntries(Object.entries(measured).map(([client, all]) => [client, middle(all)]));
    const row: Row = {
      workload: workload.name,
      title: workload.title,
      target: workload.target,
      aim: workload.aim,
      limit: workload.limit,
      results,
    };
    console.log(line(row));
    return row;
  });
}

const megabytes = (bytes: number | undefined) => (bytes === undefined ? '–' : `${Math.round(bytes / 1e6)} MB`);

const COLUMNS = [48, 30, 26, 9, 9, 8, 18] as const;
const cells = (all: readonly string[]) => all.map((cell, i) => cell.padEnd(COLUMNS[i]!)).join(' ');
const HEAD = cells([
  'workload',
  'CPU µs a message or figure',
  'messages a second',
  '÷ MQTT.js',
  '÷ floor',
  'target',
  'peak memory',
]);

function line(row: Row): string {
  const each = (pick: (one: Measurement) => string) => Object.values(row.results).map(pick).join(' / ');
  return cells([
    row.title,
    each((one) => number(essence(one))),
    each(({ rate }) => number(rate)),
    share(ratio(row, 'mqttjs')),
    share(ratio(row, 'floor')),
    demand(row),
    each(({ peak }) => megabytes(peak)),
  ]);
}

/** Whether a row reaches less than the tolerated share of what it must. */
function fails(row: Row): boolean {
  return (shortfall(row) ?? 0) > 1 / TOLERANCE;
}

/** What fails is measured once more before it counts, with all care: another process may have been in the way. */
function failures(rows: readonly Row[]): string[] {
  const suspects = list.filter(({ name }) => rows.some((row) => row.workload === name && fails(row)));
  if (suspects.length > 0) console.log(`\nonce more\n${HEAD}`);
  return measureAll(suspects, port, false, FULL)
    .filter(fails)
    .map((row) => `${row.title}: ${shortfall(row)!.toFixed(1)} times what it may be, ${demand(row)}`);
}

execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
mkdirSync(OUT, { recursive: true });

const selected = (workload: Workload) => !flags.only || new RegExp(flags.only).test(workload.name);
const list = workloads.filter((workload) => selected(workload) && (!flags.quick || isJudged(workload)));
const port = await peerPort();
console.log(
  `columns with several figures: tortoise-rx / MQTT.js / floor; median of ${CARE.runs} runs in turn\n\n${HEAD}`,
);
const [cpu] = cpus();
const machine = `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; load of others ${loadavg()[0]!.toFixed(1)}`;
let results: Results = {
  machine,
  date: new Date().toISOString(),
  runs: CARE.runs,
  rows: measureAll(list, port, false),
  broker: [],
  growth: [],
  codec: flags.only && !flags.only.includes('codec') ? [] : await compareCodecs(flags.quick ? 200 : 400),
  mosquitto: [],
};
/** After each part: a run that is cut short has not been for nothing. */
function save(part: Partial<Results>): void {
  results = { ...results, ...part };
  writeFileSync(flags.json, `${JSON.stringify(results, undefined, 2)}\n`);
}

const { rows, codec } = results;
for (const { title, ours, theirs } of codec) console.log(`${title.padEnd(48)} ${number(ours)} / ${number(theirs)} ns, ${(theirs / ours).toFixed(1)} × faster`); // prettier-ignore
save({});

if (!flags.quick) {
  console.log(`\nas something grows\n${HEAD}`);
  save({ growth: measureAll(growths.filter(selected), port, false) });
  const brokerPort = await mosquittoPort();
  if (brokerPort !== undefined) {
    console.log(`\nthrough Mosquitto\n${HEAD}`);
    const list = workloads.filter((workload) => workload.broker && selected(workload));
    save({ broker: measureAll(list, brokerPort, true) });
    const mosquitto = mosquittoClients(brokerPort);
    for (const { title, cpu, rate } of mosquitto) console.log(`${title.padEnd(48)} ${number(cpu)} µs, ${number(rate)} messages a second`); // prettier-ignore
    save({ mosquitto });
  }
}
console.log(`\n${machine}\nwritten to ${flags.json}`);

const failed = [
  ...failures(rows),
  ...codec
    .filter(({ ours, theirs, target }) => theirs / ours < target * TOLERANCE)
    .map(({ title }) => `codec, ${title}`),
];
for (const failure of failed) console.error(`too slow: ${failure}`);
process.exit(failed.length > 0 ? 1 : 0);
