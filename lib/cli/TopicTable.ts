import type { Message } from '../index.js';
import { payloadText } from './messageText.js';

/** Seconds that a sparkline shows. */
export const SPAN = 30;
/** Characters of a payload that are kept. */
const KEPT = 200;
/** Topics that are kept apart; messages of others are counted together. */
const MOST = 10_000;

/** What is known of a topic. */
export interface TopicRow {
  readonly topic: string;
  /** How many messages came. */
  readonly count: number;
  /** The last payload, safe for a terminal, or its beginning. */
  readonly value: string;
  /** Whether the last message was one that the broker had kept. */
  readonly isRetained: boolean;
  /** Messages a second, over the last five seconds. */
  readonly rate: number;
  /** Messages in each of the last seconds, the latest at the end. */
  readonly history: readonly number[];
  /** Whether something came since the last `tick`. */
  readonly isFresh: boolean;
}

/** What order rows have. */
export type TopicOrder = 'topic' | 'rate' | 'count';

/** Seconds over which a rate is taken. */
const RATE_SPAN = 5;

class Row implements TopicRow {
  count = 0;
  isRetained = false;
  isFresh = false;
  rate = 0;
  history: readonly number[] = [];
  #payload: Uint8Array = new Uint8Array();
  #now = 0;

  constructor(readonly topic: string) {}

  receive({ payload, retain }: Message): void {
    this.count++;
    this.#now++;
    this.#payload = payload.length > KEPT ? payload.slice(0, KEPT) : payload;
    this.isRetained = retain;
    this.isFresh = true;
  }

  get value(): string {
    return payloadText(this.#payload); // made when it is looked at: most are not
  }

  tick(): void {
    this.history = [...this.history, this.#now].slice(-SPAN);
    const recent = this.history.slice(-RATE_SPAN);
    this.rate = recent.reduce((sum, one) => sum + one, 0) / recent.length;
    this.#now = 0;
    this.isFresh = false;
  }
}

/** Counts messages by topic. Knows no clock: `tick` is a second. */
export class TopicTable {
  /** Messages of all topics. */
  count = 0;
  /** Messages of topics that were too many to be kept apart. */
  others = 0;
  readonly #rows = new Map<string, Row>();
  /** By topic name, as they are shown; made anew when there is another. */
  #sorted: readonly Row[] | undefined;

  receive(message: Message): void {
    this.count++;
    let row = this.#rows.get(message.topic);
    if (!row) {
      if (this.#rows.size >= MOST) {
        this.others++;
        return;
      }
      row = new Row(message.topic);
      this.#rows.set(message.topic, row);
      this.#sorted = undefined;
    }
    row.receive(message);
  }

  /** A second is over. */
  tick(): void {
    for (const row of this.#rows.values()) row.tick();
  }

  get rate(): number {
    let sum = 0;
    for (const { rate } of this.#rows.values()) sum += rate;
    return sum;
  }

  rows(order: TopicOrder): readonly TopicRow[] {
    this.#sorted ??= [...this.#rows.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
    if (order === 'topic') return this.#sorted;
    return [...this.#sorted].sort((a, b) => b[order] - a[order]); // equal ones stay in the order of their names
  }
}
