import fc from 'fast-check';
import { encode } from '../../lib/packet/encode.js';
import type { Packet, QoS } from '../../lib/packet/Packet.js';
import { arbitraryPacket, arbitraryPayload } from '../support/arbitraryPackets.js';
import type { ClientCase, ClientStep, Reaction } from './ClientRun.js';

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
    ),
  },
  { weight: 1, arbitrary: fc.constant<Reaction>('end') },
);

/** What a broker may send, mostly about identifiers that are in use. */
const fromBroker: fc.Arbitrary<Packet> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ topic, payload: arbitraryPayload(), qos, retain: fc.boolean(), dup: fc.boolean(), packetId })
      .map((rest) => ({
        type: 'publish' as const,
        ...rest,
        dup: rest.dup && rest.qos > 0,
        packetId: rest.qos > 0 ? rest.packetId : 0,
      })),
  },
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
      type: fc.constant('suback' as const),
      packetId,
      reasonCodes: fc.array(fc.constantFrom<QoS | 0x80>(0, 1, 2, 0x80), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Packet>({ type: 'pingresp' }) },
  { weight: 1, arbitrary: arbitraryPacket() },
);

/** Valid packets with a byte changed, or plain noise. */
const noise = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 20 }),
  fc.tuple(fromBroker, fc.nat(12), fc.nat(255)).map(([packet, at, byte]) => {
    const bytes = encode(packet);
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
  },
  { requiredKeys: ['qos'] },
);

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

const step: fc.Arbitrary<ClientStep> = fc.oneof(
  a(10, 'listen', { filter, qos, reaction }),
  a(20, 'publish', { topic: fc.oneof({ weight: 12, arbitrary: topic }, { weight: 1, arbitrary: fc.constant('a/+') }), size: fc.constantFrom(0, 0, 0, 3, 20_000, 70_000), options: publishOptions, reaction }), // prettier-ignore
  a(4, 'subscribe', { filters, qos, reaction }),
  a(4, 'unsubscribe', { filters, qos, reaction }),
  a(3, 'ping', { reaction }),
  a(3, 'hold', { reaction }),
  a(1, 'look', { reaction }),
  a(8, 'leave', { at }),
  a(1, 'end', { timeout: fc.constantFrom(0, 100, 5_000), force: fc.boolean() }),
  a(24, 'answer', {
    at,
    how: fc.constantFrom('right', 'right', 'right', 'right', 'twice', 'never', 'other'),
    packetId,
  }),
  a(4, 'answer all', {}),
  a(8, 'send', {
    packets: fc.array(fromBroker, { minLength: 1, maxLength: 4 }),
    keep: fc.constantFrom(0, 0, 0, 1, 3, 7),
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
  a(3, 'connack', {
    connack: fc.oneof(
      { weight: 6, arbitrary: fc.record({ sessionPresent: fc.boolean(), reasonCode: fc.constant(0 as const) }) },
      { weight: 1, arbitrary: fc.record({ sessionPresent: fc.constant(false), reasonCode: fc.constantFrom(3 as const, 5 as const) }) }, // prettier-ignore
      { weight: 1, arbitrary: fc.constant('silent' as const) },
    ),
  }),
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
  options,
  hasStore: fc.boolean(),
  retrying: fc.constantFrom('backoff', 'backoff', 'few', 'later', 'twice'),
  watches: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
  isCalmed: fc.boolean(),
  end: fc.record({ timeout: fc.constantFrom(0, 200, 3_000), force: fc.boolean() }),
});
