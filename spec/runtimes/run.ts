// `npm run test:on -- <runtime>…`, where a runtime is a version of Node (22, 20.19.0, latest), `deno` or `bun`, each taken
// from npm's registry. Node runs all specs, and what follows `--` goes to mocha; Deno and Bun run a smoke test of the
// built package. Exits with 1 when one of them fails.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Broker } from '../support/Broker.js';
import { aedesBroker } from '../support/aedesBroker.js';
import { authority } from '../support/certificates.js';
import { mosquitto } from '../support/mosquitto.js';

const ROOT = join(import.meta.dirname, '../..');
const SMOKE = 'spec/runtimes/smoke.mjs';
/** Milliseconds that one smoke test may take. */
const PATIENCE = 60_000;

/** What package.json promises to work on: the oldest, those with long-term support, the current one. */
const NODES = ['20.19.0', '22', '24', 'latest'];

const [wanted, ...mochaArguments] = split(process.argv.slice(2));

/** The runtimes, and what is for mocha. */
function split(words: readonly string[]): [readonly string[], ...string[]] {
  const end = words.indexOf('--');
  const runtimes = end < 0 ? words : words.slice(0, end);
  return [runtimes.length > 0 ? runtimes : [...NODES, 'deno', 'bun'], ...(end < 0 ? [] : words.slice(end + 1))];
}

/** Installs a runtime, unless it is there; gives the path of its executable. */
function install(name: string, version: string): string {
  const folder = join(ROOT, 'node_modules/.cache/runtimes', `${name}-${version}`);
  const executable = join(folder, 'node_modules/.bin', name);
  if (existsSync(executable) && version !== 'latest') return executable;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: folder, stdio: 'inherit' });
  return executable;
}

/** All specs, in a process of this Node; the processes that they start run it as well. */
async function specs(node: string): Promise<boolean> {
  const path = `${dirname(node)}${delimiter}${process.env['PATH']}`;
  const mocha = spawn(node, ['node_modules/mocha/bin/mocha.js', ...mochaArguments], {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
    stdio: 'inherit',
  });
  const [code] = (await once(mocha, 'close')) as [number | null];
  return code === 0;
}

/** The package over TCP, WebSocket and TLS. */
async function smoke(command: string, ...args: readonly string[]): Promise<boolean> {
  const ours = await authority('ours');
  const brokers = [
    () => aedesBroker(),
    () => aedesBroker({ webSocket: true }),
    async () => mosquitto({ tls: await ours.sign(['127.0.0.1']) }),
  ];
  for (const start of brokers) {
    const broker = await start();
    try {
      if (!(await survives(broker, command, [...args, SMOKE, broker.url, ours.cert]))) return false;
    } finally {
      await broker.stop();
    }
    console.log(`${broker.url}: messages went round, before and after a restart of the broker`);
  }
  return true;
}

async function survives(broker: Broker, command: string, args: readonly string[]): Promise<boolean> {
  const program = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], timeout: PATIENCE });
  const closed = once(program, 'close') as Promise<[number | null]>;
  let wasReady = false;
  for await (const line of createInterface(program.stdout)) {
    if (line !== 'ready') continue;
    wasReady = true;
    await broker.restart();
  }
  const [code] = await closed;
  return wasReady && code === 0;
}

/** Runs one; says whether all went well. */
function test(runtime: string): Promise<boolean> {
  if (runtime === 'deno') return smoke(install('deno', 'latest'), 'run', '--allow-all');
  if (runtime === 'bun') return smoke(install('bun', 'latest'), 'run');
  return specs(install('node', runtime));
}

if (wanted.some((runtime) => runtime === 'deno' || runtime === 'bun')) {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
}
const failed: string[] = [];
for (const runtime of wanted) {
  console.log(`\n── ${runtime}`);
  if (!(await test(runtime))) failed.push(runtime);
}
console.log(failed.length > 0 ? `\nfailed on ${failed.join(', ')}` : `\npassed on ${wanted.join(', ')}`);
if (failed.length > 0) process.exitCode = 1;
