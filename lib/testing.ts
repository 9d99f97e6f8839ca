/**
 * The entry point `tortoise-rx/testing`: for tests of applications, and for those who write a part of their own.
 *
 * @packageDocumentation
 */
export { PublishedMessage } from './testing/broker/PublishedMessage.js';
export { type TopicExpectation, type VirtualTimeHelpers, inVirtualTime } from './testing/inVirtualTime.js';
export { type StoreCase, type StoreUnderTest, storeConformance } from './testing/storeConformance.js';
export type {
  HeldPacket,
  TestAcknowledgement,
  TestBroker,
  TestPublishOptions,
  TestSubscription,
} from './testing/broker/TestBroker.js';
export type { TestAuthentication, TestBrokerOptions } from './testing/broker/TestBrokerOptions.js';
export { testBroker } from './testing/testBroker.js';
export { type MemoryOptions, type MemoryPeer, memory } from './transport/memory.js';
