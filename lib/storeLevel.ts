/**
 * The entry point `tortoise-rx/store/level`: sessions on disk (classic-level) or in IndexedDB (browser-level).
 *
 * @packageDocumentation
 */
export { type LevelDatabase, type LevelStoreOptions, levelStore } from './store/levelStore.js';
