import { route } from './routing.js';
import { type Workload, inFlight, manyClients, receive, publish, resume } from './workloads.js';

const ONLY_OURS = ['tortoise-rx'] as const;
const of = (axis: string, points: readonly number[], run: (n: number) => Workload['run']): Workload[] =>
  points.map((n) => ({
    name: `${axis}=${n}`,
    title: `${axis}: ${n.toLocaleString('en')}`,
    clients: ONLY_OURS,
    run: run(n),
  }));

const resumed = (n: number): Workload['run'] => {
  return async (context) => ({ cpu: (await resume(n)(context)).figures!['CPU µs a message']! });
};

/** What a message costs as something grows: each must stay flat, or nearly. */
export const growths: readonly Workload[] = [
  ...of('QoS 1 in flight', [10, 100, 1_000, 10_000, 60_000], (n) => publish(1, n)),
  ...of('exact filters', [1, 10, 100, 1_000, 10_000], (n) => route(n, false)),
  ...of('wildcard filters', [1, 10, 100, 1_000, 10_000], (n) => route(n, true)),
  ...of('clients', [10, 100, 1_000], (n) => manyClients(n)),
  ...of('payload bytes received', [16, 256, 4_096, 65_536, 1_048_576], (n) => receive(0, n, n > 65_536 ? 100 : 10_000)),
  ...of('messages to resume', [100, 1_000, 10_000, 60_000], resumed),
  ...of('messages held in flight', [100, 1_000, 10_000, 60_000], (n) => inFlight(n)),
];
