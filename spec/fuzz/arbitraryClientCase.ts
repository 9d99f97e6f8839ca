import fc from 'fast-check';
import type { Packet, QoS } from '../../lib/packet/Packet.js';
import type { ConnackProperties, PublishProperties } from '../../lib/packet/PacketProperties.js';
import { arbitraryPacket, arbitraryPayload } from '../support/arbitraryPackets.js';
import { arbitraryPacket5 } from '../support/arbitraryPackets5.js';
import type { ClientCase, ClientStep, Reaction } from './ClientRun.js';
import type { Connack } from './FuzzBroker.js';
import { spoken } from './spoken.js';

const qos = fc.constantFrom<QoS>(0, 1, 2);
const topic = fc.constantFrom('a', 'b', 'c/d', '$x');
const filter = fc.constantFrom('a', 'b', '+', 'c/#', 'c/+rest', '#', '$share/g/a', '$x', 'a/#/b', '');
const filters = fc.array(filter, { maxLength: 3 });
const at = fc.nat(40);
/** Few, so that they meet. */
const packetId = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }) }, { weight: 1, arbitrary: fc.constantFrom(7, 300, 65_535) }); // prettier-ignore
const reaction = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Reaction>('nothing') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Reaction>(
      'throw',
      'publish',
      'listen',
      'leave',
      'leave another',
      'ping',
      'retry',
      'cut',
      'reconnect',
      'suspend',
      'wake',
      'acknowledge',
      'acknowledge another',
      'abandon',
    ),
  },
  { weight: 1, arbitrary: fc.constant<Reaction>('end') },
);

/** Properties of a message, each there or not. */
const messageProperties: fc.Arbitrary<PublishProperties> = fc.record(
  {
    payloadFormatIndicator: fc.constantFrom<0 | 1>(0, 1),
    contentType: fc.constantFrom('', 'text/plain'),
    responseTopic: fc.constant('answer'),
    correlationData: fc.uint8Array({ maxLength: 4 }),
    userProperties: fc.array(fc.tuple(fc.constantFrom('k', ''), fc.constantFrom('v', 'ü')), { minLength: 1, maxLength: 2 }), // prettier-ignore
  },
  { requiredKeys: [] },
);

/** What a server adds to them: aliases that were set or not, and allowed or not. */
const sentProperties = fc
  .tuple(
    messageProperties,
    fc.option(fc.constantFrom(1, 1, 2, 65), { nil: undefined }),
    fc.option(fc.array(fc.constantFrom(1, 2, 300), { minLength: 1, maxLength: 2 }), { nil: undefined }),
  )
  .map(([properties, topicAlias, subscriptionIdentifiers]) => ({ ...properties, topicAlias, subscriptionIdentifiers }));

/** A message of the broker. */
const published = fc
  .record({
    topic,
    payload: arbitraryPayload(),
    qos,
    retain: fc.boolean(),
    dup: fc.boolean(),
    packetId,
    properties: fc.option(sentProperties, { nil: undefined }),
    isEmpty: fc.boolean(),
  })
  .map(({ isEmpty, ...rest }) => ({
    type: 'publish' as const,
    ...rest,
    topic: isEmpty && rest.properties?.topicAlias !== undefined ? '' : rest.topic,
    dup: rest.dup && rest.qos > 0,
    packetId: rest.qos > 0 ? rest.packetId : 0,
  }));

/** What a broker may send, mostly about identifiers that are in use. */
const fromBroker: fc.Arbitrary<Packet> = fc.oneof(
  { weight: 6, arbitrary: published },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('pubrel', 'puback', 'pubrec', 'pubcomp', 'unsuback' as const),
      packetId,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('puback' as const, 'pubrec' as const),
      packetId,
      reasonCode: fc.constantFrom(0x10, 0x87),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('disconnect' as const),
      reasonCode: fc.constantFrom(0, 0x8b, 0x97, 0x8e),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('suback' as const),
      packetId,
      reasonCodes: fc.array(fc.constantFrom<QoS | 0x80>(0, 1, 2, 0x80), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Packet>({ type: 'pingresp' }) },
  { weight: 1, arbitrary: arbitraryPacket() },
  { weight: 1, arbitrary: arbitraryPacket5() },
);

/** Valid packets with a byte changed, or plain noise. */
const noise = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 20 }),
  fc.tuple(fromBroker, fc.nat(12), fc.nat(255), fc.constantFrom<4 | 5>(4, 5)).map(([packet, at, byte, version]) => {
    const bytes = spoken(packet, version);
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
);

const publishOptions = fc.record(
  {
    qos,
    retain: fc.boolean(),
    offline: fc.constantFrom('queue' as const, 'queue' as const, 'fail' as const),
    expiry: fc.constantFrom(1, 200, 5_000),
    properties: fc.option(messageProperties, { nil: undefined, freq: 1 }),
  },
  { requiredKeys: ['qos'] },
);

/** Mostly left out: with all of them the client could do nothing. */
function seldom<T>(...values: T[]): fc.Arbitrary<T | undefined> {
  return fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
}

const connackProperties: fc.Arbitrary<ConnackProperties> = fc.record({
  sessionExpiryInterval: seldom(0, 100),
  receiveMaximum: seldom(1, 2),
  maximumQoS: seldom<0 | 1>(0, 1, 1),
  retainAvailable: seldom(false, true),
  // The smallest message has 10 bytes, and those of 20,000 bytes have 12 to 80 more.
  maximumPacketSize: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.integer({ min: 10, max: 24 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20_010, max: 20_050 }) },
  ),
  topicAliasMaximum: fc.constantFrom(undefined, 1, 2, 65_535),
  assignedClientIdentifier: seldom('assigned'),
  serverKeepAlive: seldom(0, 1, 5),
});

type StepOf<K> =
  Extract<ClientStep, { is: unknown }> extends infer S
    ? S extends { readonly is: infer I }
      ? K extends I
        ? S
        : never
      : never
    : never;
type Model<S> = { [P in Exclude<keyof S, 'is'>]: fc.Arbitrary<S[P]> };

function a<K extends ClientStep['is']>(weight: number, is: K, model: Model<StepOf<K>>) {
  const arbitrary = fc.record({ is: fc.constant(is), ...model }) as unknown as fc.Arbitrary<ClientStep>;
  return { weight, arbitrary };
}

const connack: fc.Arbitrary<Connack> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ sessionPresent: fc.boolean(), reasonCode: fc.constant(0 as const) }) },
  { weight: 8, arbitrary: fc.record({ sessionPresent: fc.boolean(), reasonCode: fc.constant(0), properties: connackProperties }) }, // prettier-ignore
  { weight: 1, arbitrary: fc.record({ sessionPresent: fc.constant(false), reasonCode: fc.constantFrom(1, 3, 5) }) }, // prettier-ignore
  { weight: 2, arbitrary: fc.constantFrom('silent' as const, 'old' as const, 'hang up' as const) },
);

const step: fc.Arbitrary<ClientStep> = fc.oneof(
  a(10, 'listen', { filter, qos, reaction }),
  a(20, 'publish', { topic: fc.oneof({ weight: 12, arbitrary: topic }, { weight: 1, arbitrary: fc.constant('a/+') }), size: fc.constantFrom(0, 0, 0, 3, 20_000, 70_000), options: publishOptions, reaction }), // prettier-ignore
  a(4, 'subscribe', { filters, qos, reaction }),
  a(4, 'unsubscribe', { filters, qos, reaction }),
  a(3, 'ping', { reaction }),
  a(3, 'hold', { reaction }),
  a(1, 'look', { reaction }),
  a(2, 'reconnect', { reaction }),
  a(2, 'suspend', { reaction }),
  a(3, 'wake', { reaction }),
  a(8, 'leave', { at }),
  a(1, 'end', { timeout: fc.constantFrom(0, 100, 5_000), force: fc.boolean() }),
  a(24, 'answer', {
    at,
    how: fc.constantFrom('right', 'right', 'right', 'right', 'twice', 'never', 'other', 'reason'),
    packetId,
    reason: fc.constantFrom(0x10, 0x87, 0x97),
  }),
  a(4, 'answer all', {}),
  a(8, 'send', {
    packets: fc.array(fromBroker, { minLength: 1, maxLength: 4 }),
    keep: fc.constantFrom(0, 0, 0, 1, 3, 7),
  }),
  a(10, 'send', { packets: fc.array(published, { minLength: 1, maxLength: 4 }), keep: fc.constantFrom(0, 0, 0, 0, 3) }),
  a(5, 'hold messages', { filter, qos, onLeave: fc.boolean(), reaction }),
  a(2, 'consume', {
    filter,
    options: fc.record({
      concurrency: fc.constantFrom(1, 2, Infinity),
      onError: fc.constantFrom('retry', 'refuse', 'acknowledge', 'stop'),
    }),
    ms: fc.constantFrom(undefined, 1, 300),
    fails: fc.constantFrom(0, 0, 1, 3),
    reaction,
  }),
  a(16, 'answer for', {
    at,
    how: fc.constantFrom('acknowledge', 'acknowledge', 'acknowledge', 'abandon'),
    reason: fc.constantFrom(0, 0, 0, 0x10, 0x83),
  }),
  a(2, 'bytes', { bytes: noise }),
  a(3, 'close', {}),
  a(3, 'fail', {}),
  a(1, 'pause', {}),
  a(2, 'resume', {}),
  a(2, 'turn', {}),
  a(3, 'dial', {
    dial: fc.constantFrom('accept', 'accept', 'accept', 'accept', 'refuse', 'hang', 'complete', 'break', 'twice', 'throw on write'), // prettier-ignore
  }),
  a(3, 'connack', { connack }),
  a(3, 'auto', { isAuto: fc.boolean() }),
  a(3, 'store', { mode: fc.constantFrom('works', 'fails', 'throws', 'hangs'), count: fc.constantFrom(1, 2, Infinity) }),
  a(12, 'tick', { ms: fc.constantFrom(1, 10, 60, 300, 1_000, 2_000, 6_000, 61_000), isBlocked: fc.boolean() }),
);

const options: fc.Arbitrary<ClientCase['options']> = fc.record({
  cleanSession: fc.constantFrom<boolean | 'first'>(true, false, false, 'first'),
  keepAlive: fc.constantFrom(0, 1, 5, 60),
  pingInterval: fc.constantFrom(undefined, 1),
  pingTimeout: fc.constantFrom(100, 5_000),
  connectTimeout: fc.constantFrom(50, 3_000),
  connackTimeout: fc.constantFrom(50, 3_000),
  subscribeBatch: fc.constantFrom(1, 2, Infinity),
  giveUpAfter: fc.constantFrom(1, 5, Infinity),
  subscribeTimeout: fc.constantFrom(200, 5_000),
  linger: fc.constantFrom(0, 10, 1_000),
  maxInflight: fc.constantFrom(1, 2, 65_535),
  protocolVersion: fc.constantFrom<4 | 5 | 'auto'>(4, 5, 5, 'auto'),
  receiveMaximum: fc.constantFrom(1, 2, 3, 5, 65_535),
  receiveQueue: fc.constantFrom(undefined, undefined, undefined, 0, 30),
  topicAliasMaximum: fc.constantFrom(0, 1, 64),
  topicAliases: fc.constantFrom(0, 1, 64),
  onSessionLost: fc.constantFrom('error', 'error', 'republish'),
  maxPacketSize: fc.constantFrom(300, 268_435_460),
  queue: fc.record({
    size: fc.constantFrom(0, 2, 1_000),
    bytes: fc.constantFrom(Infinity, 50_000),
    overflow: fc.constantFrom('error', 'drop-oldest', 'drop-newest'),
  }),
});

/** All that may happen to a client. */
export const arbitraryClientCase: fc.Arbitrary<ClientCase> = fc.record({
  synchronous: fc.boolean(),
  isLent: fc.boolean(),
  isPausable: fc.boolean(),
  options,
  hasStore: fc.boolean(),
  retrying: fc.constantFrom('backoff', 'backoff', 'few', 'later', 'twice'),
  watches: fc.boolean(),
  connack,
  isAuto: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
  isCalmed: fc.boolean(),
  end: fc.record({ timeout: fc.constantFrom(0, 200, 3_000), force: fc.boolean() }),
});
