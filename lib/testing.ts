// tortoise-rx/testing: for tests of applications, and for those who write a part of their own.
export { type StoreCase, type StoreUnderTest, storeConformance } from './testing/storeConformance.js';
export { type MemoryOptions, type MemoryPeer, memory } from './transport/memory.js';
