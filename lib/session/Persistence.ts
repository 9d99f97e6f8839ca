import type { StoreError } from '../errors.js';
import type { Moment } from './lifetime.js';
import type { Outgoing } from './Outgoing.js';
import type { Keeper } from './SessionEffects.js';
import type { Inherited } from './SessionInput.js';

/** What an opened store held. */
export interface StoredSession {
  readonly inherited: Inherited<Outgoing>;
  /** Records that cannot be read, and why: they are kept in the store under another key. */
  readonly setAside: readonly { readonly key: string; readonly reason: string }[];
  /** Whether nothing was ever written to it. */
  readonly isNew: boolean;
}

/** What became of a write: which messages could not be stored, and why. */
export interface Written {
  readonly error?: StoreError;
  readonly unkept: readonly Outgoing[];
}

/** What keeps the session of a client where it outlives the process. A client without a store has none. */
export interface Persistence extends Keeper<Outgoing> {
  /** Whether the store is open. What comes before that is not kept. */
  readonly isOpen: boolean;
  /** Whether something is not written yet. */
  readonly hasChanges: boolean;
  /** Bytes of payload that wait to be written. */
  readonly unwritten: number;
  /**
   * Opens the store and reads what is in it. A second call while the first is under way waits for the same.
   * @param now when the lives of its messages go on
   * @throws {StoreError} by rejection
   */
  open(now: Moment): Promise<StoredSession>;
  /** Writes everything that was collected. Not while another write is under way. */
  write(): Promise<Written>;
  /** Writes what is left and closes the store. Resolves with the error, if there was one. */
  close(): Promise<StoreError | undefined>;
}
