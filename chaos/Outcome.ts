import type { ByQoS } from './protocol.js';

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
  /** Messages stored twice or in another order than they were published in. */
  readonly misplaced: number;
  /** Publishes of the last process that have neither completed nor failed. */
  readonly unsettled: number;
  /** Records that remain in the stores of the sessions. */
  readonly left: { readonly publisher: number | undefined; readonly subscriber: number | undefined };
  readonly faults: readonly string[];
  readonly kills: Readonly<Record<'publisher' | 'subscriber' | 'broker', number>>;
  /** How often a client has suspected requests of making the broker hang up. To give one up is a fault. */
  readonly suspicions: number;
  /** What was done to the connections, by name. */
  readonly mishaps: Readonly<Record<string, number>>;
  /** Connections after the first. */
  readonly reconnects: { readonly publisher: number; readonly subscriber: number };
  /** The most milliseconds from the loss of a connection, or the death of a process, to the next connection. */
  readonly slowest: { readonly publisher: number; readonly subscriber: number };
}

/** The promises that were not kept; none: all is well. Order is promised as well, but for what comes again at QoS 1. */
export function brokenPromises(outcome: Outcome): string[] {
  const { sent, lost, duplicated, reordered, misplaced, unsettled, left, faults, kills } = outcome;
  const broken: string[] = [];
  const must = (holds: boolean, otherwise: string) => holds || broken.push(otherwise);
  for (const qos of [1, 2] as const) {
    must(sent[qos] > 0, `nothing was sent at QoS ${qos}`);
    must(lost[qos] === 0, `${lost[qos]} messages of QoS ${qos} are lost`);
    must(reordered[qos] === 0, `${reordered[qos]} messages of QoS ${qos} came after a later one`);
  }
  for (const [who, count] of Object.entries(kills)) must(count > 0, `the ${who} was never killed`);
  must(duplicated[2] === 0, `${duplicated[2]} messages of QoS 2 came twice`);
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
  const { sent, lost, duplicated, reordered, kills, mishaps, reconnects, slowest, seed, seconds } = outcome;
  const row = (name: string, ...cells: (string | number)[]) =>
    name.padEnd(22) + cells.map((cell) => String(cell).padStart(12)).join('');
  const byQoS = (name: string, values: ByQoS<number>) => row(name, values[1], values[2]);
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
    row('', 'publisher', 'subscriber', 'broker'),
    row('kills', kills.publisher, kills.subscriber, kills.broker),
    row('reconnects', reconnects.publisher, reconnects.subscriber),
    row('worst recovery', time(slowest.publisher), time(slowest.subscriber)),
    '',
    `done to the links: ${Object.entries(mishaps)
      .map(([name, count]) => `${count} × ${name}`)
      .join(', ')}`,
    `suspicions: ${outcome.suspicions}, none of which may lead to giving up`,
    `QoS 2 messages that an application without a record in the store would have counted twice: ${outcome.repeated}`,
  ].join('\n');
}
