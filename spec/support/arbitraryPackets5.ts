import fc from 'fast-check';
import type { Packet, QoS, SubscriptionRequest } from '../../lib/packet/Packet.js';
import type { PropertyPlace } from '../../lib/packet/PacketProperties.js';
import {
  arbitraryPacket,
  arbitraryPacketId,
  arbitraryText,
  arbitraryTopicFilter,
  arbitraryTopicName,
} from './arbitraryPackets.js';
import { STANDARD_PROPERTIES } from './standardProperties.js';

const uint16 = fc.oneof(fc.constantFrom(1, 127, 128, 65_535), fc.integer({ min: 1, max: 65_535 }));
const uint32 = fc.oneof(fc.constantFrom(1, 65_536, 4_294_967_295), fc.integer({ min: 1, max: 4_294_967_295 }));
const identifier = fc.oneof(
  fc.constantFrom(1, 127, 128, 16_384, 268_435_455),
  fc.integer({ min: 1, max: 268_435_455 }),
);

/** A value of the kind that the first example of a property has. */
function arbitraryValue(name: string, example: unknown): fc.Arbitrary<unknown> {
  if (name === 'userProperties') {
    return fc.array(fc.tuple(arbitraryText({ maxLength: 5 }), arbitraryText({ maxLength: 5 })), { minLength: 1, maxLength: 4 }); // prettier-ignore
  }
  if (name === 'subscriptionIdentifiers') return fc.array(identifier, { minLength: 1, maxLength: 4 });
  if (name === 'subscriptionIdentifier') return identifier;
  if (name === 'responseTopic') return arbitraryTopicName();
  if (name === 'payloadFormatIndicator' || name === 'maximumQoS') return fc.constantFrom(0, 1);
  if (typeof example === 'boolean') return fc.boolean();
  if (typeof example === 'string') return arbitraryText();
  if (example instanceof Uint8Array) return fc.uint8Array({ maxLength: 200 });
  return /Interval|PacketSize/.test(name) ? uint32 : uint16;
}

/** Properties of a place in any order, or none. */
export function arbitraryProperties(place: PropertyPlace): fc.Arbitrary<object | undefined> {
  const of = STANDARD_PROPERTIES.filter(({ places, name }) => places.includes(place) && name !== 'topicAlias');
  const pairs = of.map(({ name, values }) =>
    arbitraryValue(name, values[0]![1]).map((value) => [name, value] as const),
  );
  return fc.option(
    fc.shuffledSubarray(pairs).chain((some) => fc.tuple(...some)).map(withMethod(place)), // prettier-ignore
    { nil: undefined },
  );
}

/** Data belong to a method, and an AUTH has one. */
function withMethod(place: PropertyPlace) {
  return (pairs: (readonly [string, unknown])[]): object | undefined => {
    const properties: Record<string, unknown> = Object.fromEntries(pairs);
    if (place === 'auth' || 'authenticationData' in properties) properties['authenticationMethod'] ??= 'm';
    return Object.keys(properties).length > 0 ? properties : undefined;
  };
}

/** A packet of MQTT 3.1.1 with properties. */
function extended(type: 'connect' | 'publish' | 'unsubscribe', more: object = {}): fc.Arbitrary<Packet> {
  const properties = arbitraryProperties(type);
  return fc.tuple(arbitraryPacket(type), properties).map(([packet, properties]) => ({ ...packet, ...more, properties }) as Packet); // prettier-ignore
}

function arbitraryConnect5(): fc.Arbitrary<Packet> {
  const password = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });
  return fc
    .tuple(extended('connect', { protocolVersion: 5 }), fc.boolean(), password, arbitraryProperties('will'))
    .map(([packet, cleanStart, password, properties]) => {
      if (packet.type !== 'connect') throw new Error();
      const { protocolVersion, properties: own, will, ...rest } = packet;
      return { ...rest, cleanStart, password, will: will && { ...will, properties }, protocolVersion, properties: own };
    });
}

/** Topic aliases belong to the connection: here only PUBLISH has some. */
function arbitraryPublish5(): fc.Arbitrary<Packet> {
  return fc.tuple(extended('publish'), fc.option(uint16, { nil: undefined }), fc.boolean()).map(([packet, topicAlias, isEmpty]) => {
    if (packet.type !== 'publish' || topicAlias === undefined) return packet;
    return { ...packet, topic: isEmpty ? '' : packet.topic, properties: { ...packet.properties, topicAlias } };
  }); // prettier-ignore
}

function arbitraryReasoned(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' | 'disconnect', codes: readonly number[]) {
  const base = type === 'disconnect' ? fc.constant({}) : fc.record({ packetId: arbitraryPacketId() });
  return fc
    .tuple(base, fc.constantFrom(0, ...codes), arbitraryProperties(type))
    .map(([id, reasonCode, properties]) => ({ type, ...id, reasonCode, properties }) as Packet);
}

const request: fc.Arbitrary<SubscriptionRequest> = fc
  .record({
    filter: fc.oneof(
      arbitraryTopicFilter(),
      arbitraryTopicFilter().map((filter) => `$share/group/${filter}`),
    ),
    qos: fc.constantFrom<QoS>(0, 1, 2),
    noLocal: fc.boolean(),
    retainAsPublished: fc.boolean(),
    retainHandling: fc.constantFrom<QoS>(0, 1, 2),
  })
  .map((one) => (one.filter.startsWith('$share/') ? { ...one, noLocal: false } : one));

function arbitraryCodes(type: 'suback' | 'unsuback', codes: readonly number[]): fc.Arbitrary<Packet> {
  const reasonCodes = fc.array(fc.constantFrom(...codes), { minLength: 1, maxLength: 6 });
  return fc
    .tuple(arbitraryPacketId(), reasonCodes, arbitraryProperties(type))
    .map(([packetId, reasonCodes, properties]) => ({ type, packetId, reasonCodes, properties }));
}

const ARBITRARIES: Readonly<Record<Packet['type'], fc.Arbitrary<Packet>>> = {
  connect: arbitraryConnect5(),
  connack: fc
    .tuple(fc.constantFrom(0, 0x80, 0x84, 0x8c, 0x9f), fc.boolean(), arbitraryProperties('connack'))
    .map(([reasonCode, isPresent, properties]) => ({
      type: 'connack' as const,
      sessionPresent: isPresent && reasonCode === 0,
      reasonCode,
      properties,
    })),
  publish: arbitraryPublish5(),
  puback: arbitraryReasoned('puback', [0x10, 0x87]),
  pubrec: arbitraryReasoned('pubrec', [0x10, 0x97]),
  pubrel: arbitraryReasoned('pubrel', [0x92]),
  pubcomp: arbitraryReasoned('pubcomp', [0x92]),
  subscribe: fc
    .tuple(arbitraryPacketId(), fc.array(request, { minLength: 1, maxLength: 6 }), arbitraryProperties('subscribe'))
    .map(([packetId, subscriptions, properties]) => ({ type: 'subscribe', packetId, subscriptions, properties })),
  suback: arbitraryCodes('suback', [0, 1, 2, 0x80, 0x8f, 0xa2]),
  unsubscribe: extended('unsubscribe'),
  unsuback: arbitraryCodes('unsuback', [0, 0x11, 0x87]),
  pingreq: arbitraryPacket('pingreq'),
  pingresp: arbitraryPacket('pingresp'),
  disconnect: arbitraryReasoned('disconnect', [4, 0x81, 0x8b, 0x9d]),
  auth: fc
    .tuple(fc.constantFrom(0, 0x18, 0x19), arbitraryProperties('auth'))
    .map(([reasonCode, properties]) => ({ type: 'auth', reasonCode: properties ? reasonCode : 0, properties })),
};

/** A valid packet of MQTT 5 of `type`, or of any type, as it is decoded. */
export function arbitraryPacket5(type?: Packet['type']): fc.Arbitrary<Packet> {
  return type === undefined ? fc.oneof(...Object.values(ARBITRARIES)) : ARBITRARIES[type];
}
