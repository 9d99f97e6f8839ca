import type { AllProperties, PropertyPlace } from '../../lib/packet/PacketProperties.js';

/** What the standard says about a property, apart from what the library says. */
export interface StandardProperty {
  readonly id: number;
  readonly name: keyof AllProperties;
  readonly places: readonly PropertyPlace[];
  /** Bytes behind the identifier, and the value that they mean. */
  readonly values: readonly (readonly [notation: string, value: unknown])[];
  /** Bytes behind the identifier that are not allowed, the clause that says so, and the reason code. */
  readonly refused: readonly (readonly [notation: string, clause: string, reasonCode: number])[];
  /** Values that cannot be written. */
  readonly unwritable: readonly unknown[];
}

const SECTION = 'MQTT5 section 2.2.2.2';
const CUT = 'MQTT section 2.2.3';
const bytes = (...values: number[]) => new Uint8Array(values);

/** Flags as booleans, and the two that stay numbers. */
const FLAG = { values: [['00', false], ['01', true]], refused: [['02', SECTION, 0x82], ['ff', SECTION, 0x82]], unwritable: [0, 1, 'true', null] } as const; // prettier-ignore
const BIT = { values: [['00', 0], ['01', 1]], refused: [['02', SECTION, 0x82]], unwritable: [2, -1, true, 0.5] } as const; // prettier-ignore
const TWO = { values: [['0000', 0], ['0102', 258], ['ffff', 65_535]], refused: [['00', CUT, 0x81]], unwritable: [-1, 65_536, 1.5, '1', NaN] } as const; // prettier-ignore
const FOUR = { values: [['00000000', 0], ['01020304', 16_909_060], ['ffffffff', 4_294_967_295]], refused: [['000000', CUT, 0x81]], unwritable: [-1, 4_294_967_296, 0.5, Infinity] } as const; // prettier-ignore
const TEXT = {
  values: [
    ["0002'ab'", 'ab'],
    ['0000', ''],
    ['0003 e282ac', '€'],
  ],
  refused: [["0003'ab'", CUT, 0x81], ['0002 c080', 'MQTT-1.5.3-1', 0x81], ['0001 00', 'MQTT-1.5.3-2', 0x81], ['0003 eda080', 'MQTT-1.5.3-1', 0x81]], // prettier-ignore
  unwritable: ['\0', '\ud800', 'x'.repeat(65_536)],
} as const;
const BINARY = { values: [['0002 00ff', bytes(0, 255)], ['0000', bytes()]], refused: [['0003 0000', CUT, 0x81]], unwritable: [new Uint8Array(65_536)] } as const; // prettier-ignore
const NOT_ZERO_TWO = { ...TWO, values: [['0001', 1], ['ffff', 65_535]], refused: [...TWO.refused, ['0000', SECTION, 0x82]], unwritable: [0, 65_536] } as const; // prettier-ignore
const IDENTIFIER = {
  values: [
    ['01', 1],
    ['ff 7f', 16_383],
    ['80 80 01', 16_384],
    ['ff ff ff 7f', 268_435_455],
  ],
  refused: [['00', SECTION, 0x82], ['81 00', 'MQTT5-1.5.5-1', 0x81], ['80 80 80 80 01', 'MQTT5-1.5.5-1', 0x81], ['80', CUT, 0x81]], // prettier-ignore
  unwritable: [0, 268_435_456, 1.5, -1],
} as const;

const list = (kind: typeof IDENTIFIER) => ({
  ...kind,
  values: kind.values.map(([notation, value]) => [notation, [value]] as const),
  unwritable: kind.unwritable.map((value) => [value]),
});

const PAIRS = {
  values: [
    ["0001'a' 0001'b'", [['a', 'b']]],
    ['0000 0000', [['', '']]],
  ],
  refused: [["0001'a'", CUT, 0x81], ["0001'a' 0001 80", 'MQTT-1.5.3-1', 0x81], ["0001 00 0001'b'", 'MQTT-1.5.3-2', 0x81]], // prettier-ignore
  unwritable: [[['a', '\ud800']], [['\0', 'b']]],
} as const;

const NAME = {
  values: [["0003'a/b'", 'a/b']],
  refused: TEXT.refused,
  unwritable: ['a/+', '#', '', ...TEXT.unwritable],
} as const;

const ALIAS = {
  ...NOT_ZERO_TWO,
  refused: [
    ['00', CUT, 0x81],
    ['0000', 'MQTT5-3.3.2-8', 0x94],
  ],
} as const;
const MESSAGE = 'publish will';
const ANSWERS = 'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth';

/** Table 2-4 of the standard, and what sections 3.1 to 3.15 say about each of them. */
export const STANDARD_PROPERTIES: readonly StandardProperty[] = [
  row(0x01, 'payloadFormatIndicator', BIT, MESSAGE),
  row(0x02, 'messageExpiryInterval', FOUR, MESSAGE),
  row(0x03, 'contentType', TEXT, MESSAGE),
  row(0x08, 'responseTopic', NAME, MESSAGE),
  row(0x09, 'correlationData', BINARY, MESSAGE),
  row(0x0b, 'subscriptionIdentifiers', list(IDENTIFIER), 'publish'),
  row(0x0b, 'subscriptionIdentifier', IDENTIFIER, 'subscribe'),
  row(0x11, 'sessionExpiryInterval', FOUR, 'connect connack disconnect'),
  row(0x12, 'assignedClientIdentifier', TEXT, 'connack'),
  row(0x13, 'serverKeepAlive', TWO, 'connack'),
  row(0x15, 'authenticationMethod', TEXT, 'connect connack auth'),
  row(0x16, 'authenticationData', BINARY, 'connect connack auth'),
  row(0x17, 'requestProblemInformation', FLAG, 'connect'),
  row(0x18, 'willDelayInterval', FOUR, 'will'),
  row(0x19, 'requestResponseInformation', FLAG, 'connect'),
  row(0x1a, 'responseInformation', TEXT, 'connack'),
  row(0x1c, 'serverReference', TEXT, 'connack disconnect'),
  row(0x1f, 'reasonString', TEXT, ANSWERS),
  row(0x21, 'receiveMaximum', NOT_ZERO_TWO, 'connect connack'),
  row(0x22, 'topicAliasMaximum', TWO, 'connect connack'),
  row(0x23, 'topicAlias', ALIAS, 'publish'),
  row(0x24, 'maximumQoS', BIT, 'connack'),
  row(0x25, 'retainAvailable', FLAG, 'connack'),
  row(0x26, 'userProperties', PAIRS, `connect subscribe unsubscribe ${MESSAGE} ${ANSWERS}`),
  row(0x27, 'maximumPacketSize', { ...FOUR, values: [['00000001', 1]], refused: [['00000000', SECTION, 0x82]], unwritable: [0] }, 'connect connack'), // prettier-ignore
  row(0x28, 'wildcardSubscriptionAvailable', FLAG, 'connack'),
  row(0x29, 'subscriptionIdentifiersAvailable', FLAG, 'connack'),
  row(0x2a, 'sharedSubscriptionAvailable', FLAG, 'connack'),
];

/** All places where properties stand. */
export const PLACES = [...new Set(STANDARD_PROPERTIES.flatMap(({ places }) => places))];

/** Whether there may be several of it in a packet. */
export function isRepeatable(name: string): boolean {
  return name === 'userProperties' || name === 'subscriptionIdentifiers';
}

function row(
  id: number,
  name: keyof AllProperties,
  kind: Pick<StandardProperty, 'values' | 'refused' | 'unwritable'>,
  places: string,
): StandardProperty {
  return { id, name, ...kind, places: places.split(' ') as PropertyPlace[] };
}
