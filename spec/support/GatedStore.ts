import type { OpenedStore, SessionStore, StoreChange } from '../../lib/session/SessionStore.js';
import { readStore } from '../../lib/store/readStore.js';
import { firstOf, serialOf } from '../../lib/store/records.js';
import { sessionStore } from '../../lib/store/sessionStore.js';

/** A store in memory whose disk a spec can slow down, break, and look into. */
export class GatedStore {
  /** Every batch that was to be written, in order. */
  readonly batches: (readonly StoreChange[])[] = [];
  /** Whether writes, and opening, wait for `release`. */
  isGated = false;
  /** What writes fail with. */
  failure: Error | undefined;
  /** How many times the store was opened and closed. */
  opens = 0;
  closes = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly records = new Map<string, Uint8Array>()) {}

  readonly store: SessionStore = sessionStore(async () => {
    this.opens++;
    await this.gate();
    const opened: OpenedStore = {
      entries: () => this.read(),
      write: (changes) => this.write(changes),
      close: () => {
        this.closes++;
        return Promise.resolve();
      },
    };
    return opened;
  });

  /** Lets the oldest write that waits be made. */
  release(): void {
    this.waiting.shift()?.();
  }

  /** Lets everything be written, from now on. */
  ungate(): void {
    this.isGated = false;
    for (const go of this.waiting.splice(0)) go();
  }

  /** What the next process finds if this one dies now. */
  survivor(): GatedStore {
    return new GatedStore(new Map(this.records));
  }

  /** What the next process would find: an `m` for each message, and the first letter of each record of another kind. */
  kinds(): string {
    const { messages } = readStore(this.records);
    const needed = new Set(messages.map(({ serial }) => firstOf(serial)));
    const isOfMessages = (key: string) => /^[mp]/.test(key) && needed.has(serialOf(key));
    const others = [...this.records.keys()].filter((key) => !isOfMessages(key)).map((key) => key[0]!);
    return [...others, ...messages.map(() => 'm')].sort().join('');
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- other stores wait here
  private async *read() {
    yield* new Map(this.records);
  }

  private async write(changes: readonly StoreChange[]): Promise<void> {
    this.batches.push(changes);
    await this.gate();
    if (this.failure) throw this.failure;
    for (const change of changes) {
      if (change.type === 'put') this.records.set(change.key, change.value.slice());
      else this.records.delete(change.key);
    }
  }

  private async gate(): Promise<void> {
    if (this.isGated) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
