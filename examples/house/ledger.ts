import type { QoS } from '../../lib/index.js';

/** A message's place in the books: numbers count from 1, for each room and QoS by themselves. */
export interface Entry {
  readonly room: string;
  readonly qos: QoS;
  readonly n: number;
}

/** What became of the messages of one QoS. */
export interface Account {
  readonly sent: number;
  /** Each message once. */
  readonly received: number;
  /** Not received, and a later one of the same room was: it was overtaken by now, or is lost. */
  readonly missing: number;
  /** Sent and not received: at the end of the demo, lost; before, perhaps on its way. */
  readonly lost: number;
  /** Received again, each time. */
  readonly duplicated: number;
}

/** The messages of one room at one QoS. What it remembers grows with what is missing, not with what went well. */
class Column {
  sent = 0;
  received = 0;
  duplicated = 0;
  private next = 1;
  readonly missing = new Set<number>();

  receive(n: number): void {
    if (n < this.next && !this.missing.delete(n)) {
      this.duplicated++;
      return;
    }
    for (; this.next < n; this.next++) this.missing.add(this.next);
    this.next = Math.max(this.next, n + 1);
    this.received++;
  }
}

/** Counts what was sent against what was received. */
export class Ledger {
  private readonly columns = new Map<string, Column>();

  sent({ room, qos }: Entry): void {
    this.column(room, qos).sent++;
  }

  received({ room, qos, n }: Entry): void {
    this.column(room, qos).receive(n);
  }

  /** The sums over all rooms. */
  account(qos: QoS): Account {
    const sum = { sent: 0, received: 0, missing: 0, lost: 0, duplicated: 0 };
    for (const [key, { sent, received, missing, duplicated }] of this.columns) {
      if (!key.startsWith(`${qos} `)) continue;
      sum.sent += sent;
      sum.received += received;
      sum.missing += missing.size;
      sum.lost += sent - received;
      sum.duplicated += duplicated;
    }
    return sum;
  }

  /** Whether everything that MQTT promises to deliver has been received. */
  get complete(): boolean {
    return this.account(1).lost === 0 && this.account(2).lost === 0;
  }

  /** Whether MQTT's promises were kept: at QoS 1 at least once, at QoS 2 exactly once. QoS 0 promises nothing. */
  get kept(): boolean {
    return this.complete && this.account(2).duplicated === 0;
  }

  private column(room: string, qos: QoS): Column {
    const key = `${qos} ${room}`;
    let column = this.columns.get(key);
    if (!column) this.columns.set(key, (column = new Column()));
    return column;
  }
}

/** What the demo tells the shell: 0 when the promises were kept and there was something to keep. */
export function exitCode(ledger: Ledger): 0 | 1 {
  return ledger.kept && ledger.account(1).sent > 0 ? 0 : 1;
}
