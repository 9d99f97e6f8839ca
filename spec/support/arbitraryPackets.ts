import fc from 'fast-check';
import type { Packet, QoS } from '../../lib/packet/Packet.js';

/** Text that MQTT can carry: all of Unicode but U+0000, the byte order mark and astral characters included. */
export function arbitraryText(constraints: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  const character = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'X', 'Y', '0', '1', '9', '/', ' ', '$') },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '\u{feff}',
        '\u{7f}',
        '\u{80}',
        '\u{7ff}',
        '\u{800}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{ffff}',
        '\u{10000}',
        '\u{10ffff}',
      ),
    },
  );
  return fc.array(character, { maxLength: 24, ...constraints }).map((characters) => characters.join(''));
}

/** A topic name: often one of a few, so that names repeat; sometimes any text. */
export function arbitraryTopicName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('a', '/', 'a//b', 'room/1/temp', 'room/2/temp', '$SYS/uptime', 'häuser/東京/🐢'),
    arbitraryText({ minLength: 1 }).filter((text) => !/[+#]/.test(text)),
  );
}

/** A topic filter, with wildcards where they are allowed. */
export function arbitraryTopicFilter(): fc.Arbitrary<string> {
  const level = fc.oneof(
    fc.constant('+'),
    arbitraryText({ maxLength: 6 }).filter((text) => !/[+#/]/.test(text)),
  );
  return fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([levels, all]) => (all ? [...levels, '#'] : levels).join('/'))
    .filter((filter) => filter !== '');
}

/** 0, 1 or 2. */
export function arbitraryQoS(): fc.Arbitrary<QoS> {
  return fc.constantFrom<QoS>(0, 1, 2);
}

/** 1 to 65,535. */
export function arbitraryPacketId(): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(1, 255, 256, 65_535), fc.integer({ min: 1, max: 65_535 }));
}

/** A payload: mostly short, sometimes so long that the fixed header grows and the payload becomes a view. */
export function arbitraryPayload(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 60, maxLength: 200 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 0, max: 20_000 }), fc.nat(255))
        .map(([length, byte]) => new Uint8Array(length).fill(byte)),
    },
  );
}

function arbitraryConnect(): fc.Arbitrary<Packet> {
  const will = fc.record({
    topic: arbitraryTopicName(),
    payload: arbitraryPayload(),
    qos: arbitraryQoS(),
    retain: fc.boolean(),
  });
  const credentials = fc.oneof(
    fc.record({ username: fc.constant(undefined), password: fc.constant(undefined) }),
    fc.record({ username: arbitraryText(), password: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }) }),
  );
  return fc
    .tuple(arbitraryText(), fc.boolean(), fc.nat(65_535), credentials, fc.option(will, { nil: undefined }))
    .map(([clientId, clean, keepAlive, { username, password }, will]) => {
      const cleanStart = clean || clientId === ''; // [MQTT-3.1.3-8]
      return { type: 'connect' as const, clientId, cleanStart, keepAlive, username, password, will };
    });
}

function arbitraryPublish(): fc.Arbitrary<Packet> {
  return fc
    .tuple(arbitraryTopicName(), arbitraryPayload(), arbitraryQoS(), fc.boolean(), fc.boolean(), arbitraryPacketId())
    .map(([topic, payload, qos, retain, dup, packetId]) => ({
      type: 'publish' as const,
      topic,
      payload,
      qos,
      retain,
      dup: dup && qos > 0,
      packetId: qos > 0 ? packetId : 0,
    }));
}

/** MQTT 3.1.1 has no AUTH. */
type PacketType4 = Exclude<Packet['type'], 'auth'>;

/** A valid packet of MQTT 3.1.1 of `type`, or of any type. Absent fields are `undefined`, as in decoded packets. */
export function arbitraryPacket(type?: PacketType4): fc.Arbitrary<Packet> {
  if (type !== undefined) return ARBITRARIES[type];
  return fc.oneof(...Object.values(ARBITRARIES));
}

const packetId = arbitraryPacketId();

function arbitraryNumbered(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' | 'unsuback'): fc.Arbitrary<Packet> {
  return packetId.map((packetId) => ({ type, packetId }));
}

const ARBITRARIES: Readonly<Record<PacketType4, fc.Arbitrary<Packet>>> = {
  connect: arbitraryConnect(),
  connack: fc.oneof(
    fc.boolean().map((sessionPresent) => ({ type: 'connack' as const, sessionPresent, reasonCode: 0 as const })),
    fc
      .constantFrom(1, 2, 3, 4, 5)
      .map((code) => ({ type: 'connack' as const, sessionPresent: false, reasonCode: code as 1 })),
  ),
  publish: arbitraryPublish(),
  puback: arbitraryNumbered('puback'),
  pubrec: arbitraryNumbered('pubrec'),
  pubrel: arbitraryNumbered('pubrel'),
  pubcomp: arbitraryNumbered('pubcomp'),
  subscribe: fc.record({
    type: fc.constant('subscribe' as const),
    packetId,
    subscriptions: fc.array(fc.record({ filter: arbitraryTopicFilter(), qos: arbitraryQoS() }), {
      minLength: 1,
      maxLength: 6,
    }),
  }),
  suback: fc.record({
    type: fc.constant('suback' as const),
    packetId,
    reasonCodes: fc.array(fc.constantFrom<QoS | 0x80>(0, 1, 2, 0x80), { minLength: 1, maxLength: 6 }),
  }),
  unsubscribe: fc.record({
    type: fc.constant('unsubscribe' as const),
    packetId,
    filters: fc.array(arbitraryTopicFilter(), { minLength: 1, maxLength: 6 }),
  }),
  unsuback: arbitraryNumbered('unsuback'),
  pingreq: fc.constant({ type: 'pingreq' }),
  pingresp: fc.constant({ type: 'pingresp' }),
  disconnect: fc.constant({ type: 'disconnect' }),
};
