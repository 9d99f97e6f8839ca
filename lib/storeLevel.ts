// tortoise-rx/store/level
export { type LevelDatabase, type LevelStoreOptions, levelStore } from './store/levelStore.js';
