import { InvalidArgumentError, InvalidOptionsError } from '../errors.js';
import type { SessionStore } from '../session/SessionStore.js';
import { Claims } from './Claims.js';
import { sessionStore } from './sessionStore.js';
import { webLock } from './webLock.js';

/** What `levelStore` needs of a database of abstract-level (version 1 or later): classic-level, browser-level … */
export interface LevelDatabase {
  /** Opens it, or waits until it is open. */
  open(): Promise<void>;
  /** Reads a range of records, in the order of their keys. */
  iterator(range: {
    readonly gte: string;
    readonly lt: string;
    readonly keyEncoding: 'utf8';
    readonly valueEncoding: 'view';
  }): AsyncIterable<readonly [unknown, unknown]>;
  /** Writes all changes, or none. */
  batch(
    changes: (
      | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
      | { readonly type: 'del'; readonly key: string }
    )[],
    options: { readonly keyEncoding: 'utf8'; readonly valueEncoding: 'view'; readonly sync: boolean },
  ): Promise<void>;
}

/** How a level store keeps things. */
export interface LevelStoreOptions {
  /**
   * Whether a write is only done when the disk has it: what is kept then survives the loss of power as well, at the
   * price of one fsync for each group of messages. Default `false`: it survives the death of the process. For databases
   * that know the option, as classic-level does.
   */
  readonly sync?: boolean | undefined;
}

/** Which sessions are open, for each database: two stores may be made of one. */
const claimsOf = /* @__PURE__ */ new WeakMap<object, Claims>();

/**
 * A session store in a database of abstract-level: classic-level on disk in Node, browser-level on IndexedDB. The
 * sessions of any number of clients, and records of yours, may be in one database; keys of the store begin with
 * `tortoise-rx/`. The database is opened if need be, and is yours to close, once `end()` has completed.
 *
 * A client fails to start, with a `StoreError`, when another process has the database open, or another client of this
 * process, or (in browsers) another tab the session.
 *
 * @throws {InvalidArgumentError} `db` is no database
 * @throws {InvalidOptionsError} an option that does not exist
 * @example
 * const store = levelStore(new ClassicLevel('./sessions'));
 * const client = createClient('mqtt://localhost', { clientId: 'pump-7', cleanSession: false, store });
 */
export function levelStore(db: LevelDatabase, options: LevelStoreOptions = {}): SessionStore {
  const { sync = false, ...others } = options;
  if (typeof (db as Partial<LevelDatabase> | undefined)?.batch !== 'function') {
    throw new InvalidArgumentError('db', "expected a database, such as new ClassicLevel('./sessions')");
  }
  for (const option of Object.keys(others)) throw new InvalidOptionsError(option, 'levelStore has no such option');
  const claims = claimsOf.get(db) ?? new Claims();
  claimsOf.set(db, claims);
  return sessionStore(async (clientId) => {
    const prefix = `tortoise-rx/${encodeURIComponent(clientId)}`;
    const release = await claims.claim(clientId, webLock(db, prefix));
    try {
      await db.open();
    } catch (error) {
      release();
      throw isLocked(error) ? new Error('another process has the database open', { cause: error }) : error;
    }
    return {
      entries: () => entriesOf(db, prefix),
      write: (changes) => {
        const prefixed = changes.map((change) => ({ ...change, key: `${prefix}/${change.key}` }));
        return db.batch(prefixed, { keyEncoding: 'utf8', valueEncoding: 'view', sync });
      },
      close: () => Promise.resolve(release()),
    };
  });
}

/** In the order of ASCII codes, 0 follows the slash. */
async function* entriesOf(db: LevelDatabase, prefix: string) {
  const range = { gte: `${prefix}/`, lt: `${prefix}0`, keyEncoding: 'utf8', valueEncoding: 'view' } as const;
  for await (const [key, value] of db.iterator(range)) {
    yield [(key as string).slice(prefix.length + 1), value as Uint8Array] as const;
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && (error.cause as { code?: unknown } | undefined)?.code === 'LEVEL_LOCKED';
}
