import type { CodecResult } from './codec.js';
import type { MosquittoReference } from './mosquittoClients.js';
import type { ClientName, Measurement } from './workloads.js';

/** What one workload cost each client. */
export interface Row {
  readonly workload: string;
  readonly title: string;
  readonly target?: number | undefined;
  readonly aim?: number | undefined;
  readonly limit?: number | undefined;
  readonly results: Partial<Record<ClientName, Measurement>>;
}

/** Everything that a run found out. */
export interface Results {
  readonly machine: string;
  readonly date: string;
  readonly runs: number;
  readonly rows: readonly Row[];
  readonly broker: readonly Row[];
  readonly growth: readonly Row[];
  readonly codec: readonly CodecResult[];
  readonly mosquitto: readonly MosquittoReference[];
}

export const CLIENTS = ['tortoise-rx', 'mqttjs', 'floor'] as const satisfies readonly ClientName[];

/** What is compared: CPU per message, or the first figure where that is the point. */
export function essence(measurement: Measurement | undefined): number | undefined {
  return measurement?.cpu ?? Object.values(measurement?.figures ?? {})[0];
}

/** Ours divided by another's. */
export function ratio({ results }: Row, to: ClientName): number | undefined {
  const ours = essence(results['tortoise-rx']);
  const theirs = essence(results[to]);
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

/** By how much a row misses what it must reach: 1 is just enough, 2 half of it; `undefined` where nothing is said. */
export function shortfall(row: Row): number | undefined {
  const measured = row.limit === undefined ? ratio(row, 'mqttjs') : essence(row.results['tortoise-rx']);
  const most = row.limit ?? row.target;
  return measured === undefined || most === undefined ? undefined : measured / most;
}

/** A figure for people: three digits of it. */
export function number(value: number | undefined): string {
  if (value === undefined) return '–';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** A ratio for people: `1/4.0` for a quarter. */
export function share(value: number | undefined): string {
  if (value === undefined) return '–';
  return value < 1 ? `1/${(1 / value).toFixed(1)}` : `${value.toFixed(1)} ×`;
}

/** What a row must reach, for people. */
export function demand({ target, limit }: Row): string {
  return limit === undefined ? share(target) : `≤ ${number(limit)}`;
}
