import type { SessionStore, StoreChange } from '../session/SessionStore.js';
import { Claims } from './Claims.js';
import { sessionStore } from './sessionStore.js';

/**
 * A session store in memory: what clients with one identifier leave to one another within a process. For tests, and for
 * an application that replaces its client.
 *
 * @example
 * const store = memoryStore();
 * const first = createClient('mqtt://localhost', { clientId: 'pump-7', cleanSession: false, store });
 */
export function memoryStore(): SessionStore {
  const sessions = new Map<string, Map<string, Uint8Array>>();
  const claims = new Claims();
  return sessionStore((clientId) =>
    claims.claim(clientId).then((release) => {
      const records = sessions.get(clientId) ?? new Map<string, Uint8Array>();
      sessions.set(clientId, records);
      return {
        entries: () => entriesOf(records),
        write: (changes) => Promise.resolve(changes.forEach((change) => apply(records, change))),
        close: () => Promise.resolve(release()),
      };
    }),
  );
}

// eslint-disable-next-line @typescript-eslint/require-await -- other stores wait here
async function* entriesOf(records: ReadonlyMap<string, Uint8Array>) {
  yield* records;
}

function apply(records: Map<string, Uint8Array>, change: StoreChange): void {
  if (change.type === 'put') records.set(change.key, change.value);
  else records.delete(change.key);
}
