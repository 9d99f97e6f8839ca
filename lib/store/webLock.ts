/** The part of the Web Locks API that is used; where it is missing, nothing is locked. */
interface Locks {
  request<T>(name: string, options: { ifAvailable: true }, held: (lock: unknown) => T | Promise<T>): Promise<T>;
}

/**
 * A lock among the tabs and workers that can reach a database, where a database says what it is called and does not lock
 * itself: IndexedDB lets anybody in.
 *
 * @param db a database of abstract-level
 * @param name of what is locked in it
 * @returns what takes the lock, giving what lets go of it, or `undefined` if somebody has it; or nothing if there is no
 *   such thing here
 */
export function webLock(db: object, name: string): (() => Promise<(() => void) | undefined>) | undefined {
  const { location, prefix = '' } = db as { location?: unknown; prefix?: unknown };
  const { navigator, indexedDB } = globalThis as { navigator?: { locks?: Locks }; indexedDB?: unknown };
  const locks = navigator?.locks;
  // Node 24 has Web Locks, too; but there databases lock themselves, and let go when they are closed.
  if (!locks || !indexedDB || typeof location !== 'string') return undefined;
  return () =>
    new Promise((resolve, reject) => {
      const hold = (lock: unknown) => {
        if (!lock) return resolve(undefined);
        return new Promise<void>((release) => resolve(release));
      };
      locks.request(`${String(prefix)}${location} ${name}`, { ifAvailable: true }, hold).catch(reject);
    });
}
