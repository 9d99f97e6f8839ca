import type { ByQoS } from './protocol.js';

/** The client processes. */
export const CLIENTS = ['publisher', 'subscriber', 'consumer'] as const;

export type ClientName = (typeof CLIENTS)[number];

/** What came of a run. */
export interface Outcome {
  readonly seed: string;
  readonly seconds: number;
  /** Messages that the publisher's store took: these are promised. */
  readonly sent: ByQoS<number>;
  readonly lost: ByQoS<number>;
  readonly duplicated: ByQoS<number>;
  readonly reordered: ByQoS<number>;
  /** QoS 2 messages that the subscriber's callback saw twice, because its process died before they were stored. */
  readonly repeated: number;
  /** What the ledger of the consumer says. */
  readonly consumed: {
    /** Whether it had a store for its session beside its ledger. */
    readonly hasStore: boolean;
    /** Messages that were never worked on. */
    readonly lost: ByQoS<number>;
    /** Works on messages that were worked on before. */
    readonly repeated: ByQoS<number>;
    /** QoS 2 messages that came to the work again, and that it found in the ledger. */
    readonly recognised: number;
  };
  /** Messages stored twice or in another order than they were published in. */
  readonly misplaced: number;
  /** Publishes of the last process that have neither completed nor failed. */
  readonly unsettled: number;
  /** Records that remain in the stores of the sessions. */
  readonly left: Readonly<Record<ClientName, number | undefined>>;
  readonly faults: readonly string[];
  readonly kills: Readonly<Record<ClientName | 'broker', number>>;
  /** How often a client has suspected requests of making the broker hang up. To give one up is a fault. */
  readonly suspicions: number;
  /** What was done to the connections, by name. */
  readonly mishaps: Readonly<Record<string, number>>;
  /** Connections after the first. */
  readonly reconnects: Readonly<Record<ClientName, number>>;
  /** The most milliseconds from the loss of a connection, or the death of a process, to the next connection. */
  readonly slowest: Readonly<Record<ClientName, number>>;
}

/** The promises that were not kept; none: all is well. Order is promised as well, but for what comes again at QoS 1. */
export function brokenPromises(outcome: Outcome): string[] {
  const { sent, lost, duplicated, reordered, consumed, misplaced, unsettled, left, faults, kills } = outcome;
  const broken: string[] = [];
  const must = (holds: boolean, otherwise: string) => holds || broken.push(otherwise);
  for (const qos of [1, 2] as const) {
    must(sent[qos] > 0, `nothing was sent at QoS ${qos}`);
    must(lost[qos] === 0, `${lost[qos]} messages of QoS ${qos} are lost`);
    must(reordered[qos] === 0, `${reordered[qos]} messages of QoS ${qos} came after a later one`);
    must(consumed.lost[qos] === 0, `${consumed.lost[qos]} messages of QoS ${qos} were not worked on`);
  }
  for (const [who, count] of Object.entries(kills)) must(count > 0, `the ${who} was never killed`);
  must(duplicated[2] === 0, `${duplicated[2]} messages of QoS 2 came twice`);
  must(consumed.repeated[2] === 0, `${consumed.repeated[2]} messages of QoS 2 were worked on twice`);
  must(misplaced === 0, `${misplaced} messages were stored twice or out of order`);
  must(unsettled === 0, `${unsettled} publishes have not settled`);
  for (const [who, count] of Object.entries(left)) {
    must(
      count === 0,
      count === undefined ? `the ${who} did not end` : `the ${who} has left ${count} records in its store`,
    );
  }
  return [...broken, ...faults];
}

/** The outcome as a table. */
export function table(outcome: Outcome): string {
  const { sent, lost, duplicated, reordered, consumed, kills, mishaps, reconnects, slowest, seed, seconds } = outcome;
  const row = (name: string, ...cells: (string | number)[]) =>
    name.padEnd(22) + cells.map((cell) => String(cell).padStart(12)).join('');
  const byQoS = (name: string, values: ByQoS<number>) => row(name, values[1], values[2]);
  const each = (values: Readonly<Record<ClientName, number>>) => CLIENTS.map((name) => values[name]);
  const time = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return [
    `chaos: seed ${seed}, ${seconds} s`,
    '',
    row('', 'QoS 1', 'QoS 2'),
    byQoS('sent', sent),
    byQoS('lost', lost),
    byQoS('duplicated', duplicated),
    byQoS('reordered', reordered),
    '',
    row('the consumer:', 'QoS 1', 'QoS 2'),
    byQoS('not worked on', consumed.lost),
    byQoS('worked on again', consumed.repeated),
    '',
    row('', ...CLIENTS, 'broker'),
    row('kills', ...each(kills), kills.broker),
    row('reconnects', ...each(reconnects)),
    row('worst recovery', ...each(slowest).map(time)),
    '',
    `done to the links: ${Object.entries(mishaps)
      .map(([name, count]) => `${count} × ${name}`)
      .join(', ')}`,
    `suspicions: ${outcome.suspicions}, none of which may lead to giving up`,
    `QoS 2 messages that an application without a record in the store would have counted twice: ${outcome.repeated}`,
    `the consumer had a ledger and ${consumed.hasStore ? 'a' : 'no'} store for its session`,
    `QoS 2 messages that the consumer would have worked on twice without looking into its ledger: ${consumed.recognised}`,
  ].join('\n');
}
