import { type OpenedStore, type SessionStore, type StoreChange, sessionStore } from '../lib/store.js';

/** An application that keeps a record of its own beside those of the session. */
export interface RecordOwner {
  /**
   * What was kept last, or `undefined` for a new store, and the keys of what the session keeps. Called once, when the
   * store is opened.
   */
  restore(record: Uint8Array | undefined, keys: readonly string[]): void;
  /** What is to be kept together with these changes of the session, or `undefined` if nothing has changed. */
  record(changes: readonly StoreChange[]): Uint8Array | undefined;
}

/** No key of the session begins with it. */
export const OWN_KEY = 'z';

/**
 * A store that writes a record of the application in the same batch as what the session wants kept: both survive, or
 * neither. So what the application knows and what its session knows can never be two things.
 */
export function withRecord(store: SessionStore, owner: RecordOwner): SessionStore {
  return sessionStore(async (clientId) => new StoreWithRecord(await store.open(clientId), owner));
}

class StoreWithRecord implements OpenedStore {
  constructor(
    private readonly inner: OpenedStore,
    private readonly owner: RecordOwner,
  ) {}

  async *entries(): AsyncGenerator<readonly [string, Uint8Array]> {
    let own: Uint8Array | undefined;
    const keys: string[] = [];
    for await (const entry of this.inner.entries()) {
      if (entry[0] === OWN_KEY) own = entry[1];
      else {
        keys.push(entry[0]);
        yield entry;
      }
    }
    this.owner.restore(own, keys);
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    const value = this.owner.record(changes);
    return this.inner.write(value ? [...changes, { type: 'put', key: OWN_KEY, value }] : changes);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
