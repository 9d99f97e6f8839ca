import { type SequenceState, lostOf } from '../chaos/Sequence.js';

/** How much the heap may grow after the warm-up, in bytes. */
const GROWTH = 1_048_576;

/** What came of a run. Lists by QoS are of 0, 1, 2. */
export interface Outcome {
  readonly seconds: number;
  /** Published, by QoS. */
  readonly sent: readonly number[];
  /** What came back, by QoS. */
  readonly seen: readonly SequenceState[];
  /** Publishes that failed, of QoS 1 and 2. */
  readonly failed: number;
  readonly reconnects: number;
  /** Bytes on the heap, at rest, after each round. */
  readonly heap: readonly number[];
  /** What kept the process alive when all was over, and did not before. */
  readonly left: readonly string[];
}

/** Bytes by which the heap grew after the warm-up: from the second fifth of the rounds to the last. */
export function growth({ heap }: Outcome): number {
  const fifth = Math.ceil(heap.length / 5);
  return median(heap.slice(-fifth)) - median(heap.slice(fifth, 2 * fifth));
}

/** What is wrong; nothing: all is well. */
export function complaints(outcome: Outcome): string[] {
  const { sent, seen, failed, reconnects, left } = outcome;
  const all: string[] = [];
  const must = (holds: boolean, otherwise: string) => holds || all.push(otherwise);
  for (const qos of [1, 2] as const) {
    const { reordered } = seen[qos]!;
    const lost = lostOf(seen[qos]!, sent[qos]!);
    must(lost === 0, `${lost} messages of QoS ${qos} are lost`);
    must(reordered === 0, `${reordered} messages of QoS ${qos} came after a later one`);
  }
  must(seen[2]!.duplicated === 0, `${seen[2]!.duplicated} messages of QoS 2 came twice`);
  must(failed === 0, `${failed} publishes failed`);
  must(reconnects > 0, 'there was no reconnect');
  must(growth(outcome) <= GROWTH, `the heap grew by ${growth(outcome)} bytes after the warm-up`);
  must(left.length === 0, `left behind: ${left.join(', ')}`);
  return all;
}

/** The outcome as text. */
export function figures(outcome: Outcome): string {
  const { seconds, sent, seen, reconnects, heap, left } = outcome;
  const total = sent.reduce((sum, count) => sum + count);
  const line = (name: string, text: string) => name.padEnd(12) + text;
  const fifth = Math.ceil(heap.length / 5);
  const rounds = Array.from({ length: 5 }, (_, i) => megabytes(median(heap.slice(i * fifth, (i + 1) * fifth))));
  const again = seen.map(({ duplicated }) => duplicated).join(', ');
  return [
    line(
      'messages',
      `${total} in ${seconds.toFixed(0)} s, ${Math.round(total / seconds)} a second, at QoS 0, 1, 2: ${sent.join(', ')}`,
    ),
    line('reconnects', String(reconnects)),
    line('lost', seen.map((state, qos) => lostOf(state, sent[qos]!)).join(', ')),
    line('came again', again),
    line(
      'heap',
      `${rounds.join(', ')} MB: medians of the fifths of the run; ${growth(outcome)} bytes from the second to the last`,
    ),
    line('left behind', left.length === 0 ? 'nothing' : left.join(', ')),
  ].join('\n');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(2);
}
