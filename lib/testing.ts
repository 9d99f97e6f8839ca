// tortoise-rx/testing: for those who write a part of their own.
export { type StoreCase, type StoreUnderTest, storeConformance } from './testing/storeConformance.js';
