// Runs one workload with one client and prints what it measured as a line of JSON: a child process of run.ts.
import type { Connect } from './BenchClient.js';
import { growths } from './growth.js';
import { workloads } from './suite.js';
import type { ClientName } from './workloads.js';

const [client, name, port, broker, warmUp, measure] = process.argv.slice(2);
const run = [...workloads, ...growths].find((workload) => workload.name === name)?.run;
if (!run) throw new Error(`no workload ${name}`);
const { connect } = (await import(new URL(`clients/${client as ClientName}.js`, import.meta.url).href)) as {
  connect: Connect;
};
const result = await run({
  connect,
  port: Number(port),
  broker: broker === 'broker',
  warmUp: Number(warmUp),
  measure: Number(measure),
});
console.log(JSON.stringify(result));
process.exit(0);
