import type { Persistence } from './Persistence.js';

/** One change of what a store holds. */
export type StoreChange =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/**
 * Where a client keeps what must survive its process: QoS 1 and 2 messages that `publish` accepted, and the packet
 * identifiers of incoming QoS 2 messages. A store knows nothing of MQTT: it keeps small binary records under short keys
 * of ASCII letters and digits, apart for each client identifier.
 *
 * There are `memoryStore` (`tortoise-rx/store`) and `levelStore` (`tortoise-rx/store/level`). To write one of your own,
 * give `open` to `sessionStore` (`tortoise-rx/store`) and run what you get through `storeConformance` of
 * `tortoise-rx/testing`.
 *
 * @example
 * createClient('mqtt://localhost', { clientId: 'pump-7', cleanSession: false, store: levelStore(db) });
 */
export interface SessionStore {
  /**
   * Opens the records of one client identifier, made if there are none, for this client alone.
   *
   * Rejects with a reason that says what is wrong when they cannot be opened, above all when another client, in this
   * process or another one, has them open: two clients with one identifier would send each other's messages.
   *
   * @param clientId any text, empty never
   */
  open(clientId: string): Promise<OpenedStore>;
  /** For the client: `sessionStore` brings it along, so that it is no part of a bundle that keeps nothing. */
  persistence(clientId: string): Persistence;
}

/** The records of one client, open. The client calls `entries` once, then `write`, one at a time, and `close` last. */
export interface OpenedStore {
  /** All records, in any order. */
  entries(): AsyncIterable<readonly [key: string, value: Uint8Array]>;
  /**
   * Makes changes, in their order and all or nothing. When the promise is fulfilled they are as durable as the store
   * makes them, and survive at least the process; when it is rejected none is made. The values and the array are the
   * store's to keep. `del` of a key that is not there does nothing.
   */
  write(changes: readonly StoreChange[]): Promise<void>;
  /** Closes the records: from now on they can be opened again. No write is under way. */
  close(): Promise<void>;
}
