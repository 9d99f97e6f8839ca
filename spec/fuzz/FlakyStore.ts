import type { OpenedStore, StoreChange } from '../../lib/session/SessionStore.js';
import { MESSAGES } from '../../lib/store/records.js';
import { sessionStore } from '../../lib/store/sessionStore.js';
import { messagesIn } from '../support/messagesIn.js';
import { serialIn } from './WireJudge.js';

/** How the next operations of a {@link FlakyStore} go. */
export type StoreMode = 'works' | 'fails' | 'throws' | 'hangs';

/** A store that fails or hangs as it is told, and notes what a client may not do with it. */
export class FlakyStore {
  /** For a client. */
  readonly store = sessionStore(() => this.open());
  readonly faults: string[] = [];
  readonly records = new Map<string, Uint8Array>();
  isOpen = false;
  private mode: StoreMode = 'works';
  private left = Infinity;
  private isBusy = false;
  private waiting: (() => void)[] = [];

  /** @param count so many operations; those after them work */
  become(mode: StoreMode, count = Infinity): void {
    this.mode = mode;
    this.left = count;
    if (mode !== 'hangs') for (const go of this.waiting.splice(0)) go();
  }

  /** Whether the record of a message was written. It is gone when the message is not needed any more. */
  hasHad(serial: number): boolean {
    return this.had.has(serial);
  }

  private readonly had = new Set<number>();

  private open(): Promise<OpenedStore> {
    return this.operate(() => {
      if (this.isOpen) throw new Error('it is open already');
      this.isOpen = true;
      return this.opened();
    });
  }

  private opened(): OpenedStore {
    return {
      entries: () => this.entries(),
      write: (changes) => this.write(changes),
      close: () => {
        if (this.isBusy) this.faults.push('closed during a write');
        if (!this.isOpen) this.faults.push('closed twice');
        this.isOpen = false;
        return this.operate(() => undefined);
      },
    };
  }

  private async *entries(): AsyncGenerator<readonly [string, Uint8Array]> {
    await this.operate(() => undefined);
    for (const [key, value] of [...this.records].sort(([a], [b]) => (a < b ? -1 : 1))) yield [key, value];
  }

  private write(changes: readonly StoreChange[]): Promise<void> {
    if (this.isBusy) this.faults.push('two writes at a time');
    if (!this.isOpen) this.faults.push('a write after the close');
    if (changes.length === 0) this.faults.push('a write of nothing');
    this.isBusy = true;
    return this.operate(() => {
      for (const change of changes) this.make(change);
    }).finally(() => (this.isBusy = false));
  }

  private make(change: StoreChange): void {
    if (change.type === 'del') return void this.records.delete(change.key);
    this.records.set(change.key, change.value);
    if (!change.key.startsWith(MESSAGES)) return;
    for (const { payload } of messagesIn(change.value)) this.had.add(serialIn(payload));
  }

  private operate<T>(act: () => T): Promise<T> {
    const mode = this.left-- > 0 ? this.mode : 'works';
    if (mode === 'throws') {
      this.isBusy = false;
      throw new Error('the store throws');
    }
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a store may reject with anything
    if (mode === 'fails') return this.left % 2 ? Promise.reject(new Error('disk full')) : Promise.reject(undefined); // prettier-ignore
    if (mode === 'works') return Promise.resolve().then(act);
    return new Promise((resolve, reject) => {
      this.waiting.push(() => void Promise.resolve().then(act).then(resolve, reject));
    });
  }
}
