import type { OpenedStore, SessionStore } from '../session/SessionStore.js';
import { Journal } from './Journal.js';

/**
 * Makes a session store of your own.
 *
 * @param open see `SessionStore.open`
 * @example
 * export function fileStore(folder: string): SessionStore {
 *   return sessionStore(async (clientId) => OpenedFile.open(join(folder, encodeURIComponent(clientId))));
 * }
 */
export function sessionStore(open: (clientId: string) => Promise<OpenedStore>): SessionStore {
  return { open, persistence: (clientId) => new Journal(() => open(clientId)) };
}
