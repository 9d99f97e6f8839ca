import type { QoS } from '../../lib/index.browser.js';
import type { Entry } from '../house/ledger.js';

/** What became of the messages of one QoS. `sent` is the sum of `arrived`, `notYet`, `lost` and `gone`. */
export interface Account {
  readonly sent: number;
  /** Each message once. */
  readonly arrived: number;
  /** Waits in a queue, is on its way, or is kept by the broker. */
  readonly notYet: number;
  /** Will not come. */
  readonly lost: number;
  /** Arrived again, each time. */
  readonly doubled: number;
  /** Died with the broker, which had taken it and had not passed it on. */
  readonly gone: number;
}

/** What is known of a message that has not arrived. */
interface Pending {
  /** Its publish has settled: it is the broker's now. */
  isSettled: boolean;
  /** For how many milliseconds it has been overtaken, with everybody online. */
  overtakenFor: number;
}

/** A broker repeats at once what it owes to a session that is there again. What has not come for so long, is lost. */
const PATIENCE = 10_000;

/** The messages of one room at one QoS. */
class Column {
  sent = 0;
  arrived = 0;
  lost = 0;
  doubled = 0;
  gone = 0;
  readonly pending = new Map<number, Pending>();
  private last = 0;
  /** Messages that were written off: one that comes after all is not doubled. */
  private readonly writtenOff = new Map<number, 'lost' | 'gone'>();

  constructor(readonly qos: QoS) {}

  arrive(n: number): void {
    const verdict = this.writtenOff.get(n);
    if (verdict) this[verdict]--;
    if (!verdict && !this.pending.has(n)) {
      this.doubled++;
      return;
    }
    this.writtenOff.delete(n);
    this.pending.delete(n);
    this.arrived++;
    this.last = Math.max(this.last, n);
    if (this.qos === 0) this.writeOff('lost', (_, other) => other < n); // nobody repeats what was overtaken
  }

  wait(span: number): void {
    for (const [n, pending] of this.pending) if (n < this.last) pending.overtakenFor += span;
    this.writeOff('lost', ({ overtakenFor }) => overtakenFor > PATIENCE);
  }

  writeOff(as: 'lost' | 'gone', which: (pending: Pending, n: number) => boolean): void {
    for (const [n, pending] of this.pending) {
      if (!which(pending, n)) continue;
      this.pending.delete(n);
      this.writtenOff.set(n, as);
      this[as]++;
    }
  }
}

/** The page's own ledger: every message that was sent, and what became of it. */
export class Books {
  private readonly columns = new Map<string, Column>();

  sent(entry: Entry): void {
    const column = this.column(entry);
    column.sent++;
    column.pending.set(entry.n, { isSettled: false, overtakenFor: 0 });
  }

  /** Its publish has settled. @param error it failed: the publisher was told */
  settled(entry: Entry, error?: unknown): void {
    const pending = this.column(entry).pending.get(entry.n);
    if (!pending) return;
    pending.isSettled = true;
    if (error !== undefined) this.column(entry).writeOff('gone', (one) => one === pending);
  }

  arrived(entry: Entry): void {
    this.column(entry).arrive(entry.n);
  }

  /** Time has passed with everybody online. @param span milliseconds */
  waited(span: number): void {
    for (const column of this.columns.values()) column.wait(span);
  }

  /** The broker lost its memory: what it had taken will not come. At QoS 0 it would have kept nothing anyway. */
  forgotten(): void {
    for (const column of this.columns.values()) {
      column.writeOff(column.qos === 0 ? 'lost' : 'gone', ({ isSettled }) => isSettled);
    }
  }

  /** The sums over all rooms. */
  account(qos: QoS): Account {
    const sum = { sent: 0, arrived: 0, notYet: 0, lost: 0, doubled: 0, gone: 0 };
    for (const column of this.columns.values()) {
      if (column.qos !== qos) continue;
      sum.sent += column.sent;
      sum.arrived += column.arrived;
      sum.notYet += column.pending.size;
      sum.lost += column.lost;
      sum.doubled += column.doubled;
      sum.gone += column.gone;
    }
    return sum;
  }

  private column({ room, qos }: Entry): Column {
    const key = `${qos} ${room}`;
    let column = this.columns.get(key);
    if (!column) this.columns.set(key, (column = new Column(qos)));
    return column;
  }
}

/** Whether MQTT's promise was kept. QoS 0 promises nothing. */
export function isKept(qos: QoS, { lost, doubled }: Account): boolean {
  return qos === 0 || (lost === 0 && (qos === 1 || doubled === 0));
}
