/**
 * The entry point `tortoise-rx/store`: what every session store needs, and the one in memory.
 *
 * @packageDocumentation
 */
export type { OpenedStore, SessionStore, StoreChange } from './session/SessionStore.js';
export { memoryStore } from './store/memoryStore.js';
export { sessionStore } from './store/sessionStore.js';
