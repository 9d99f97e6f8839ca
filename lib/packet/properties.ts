import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, QUOTA_EXCEEDED, check, refuseIn4 } from './check.js';
import type { ProtocolVersion } from './Packet.js';
import type { AllProperties, PropertiesOf, PropertyPlace } from './PacketProperties.js';
import { BINARY, BIT, FLAG, PAIR, TEXT, TOPIC_NAME, VARINT, type WireType, whole } from './wireTypes.js';

/**
 * Bytes of all properties of a packet. Those that may stand once fit, however long they are: six texts of 65,538 bytes in
 * CONNACK, which leaves 128 kB for user properties. Without a limit a packet could make us read 256 MB of them.
 */
export const MAX_PROPERTY_BYTES = 524_288;
/** User properties of a packet. An empty one takes 5 bytes on the wire and twenty times as much in memory. */
export const MAX_USER_PROPERTIES = 1_000;

/** Where what is said about properties in general stands. */
const SECTION = 'MQTT5 section 2.2.2.2';

/** A property. `most`: how many there may be, if it may be repeated; its value is an array then. */
interface Property {
  readonly id: number;
  readonly name: keyof AllProperties;
  readonly type: WireType<unknown>;
  readonly most: number | undefined;
}

type Row = readonly [id: number, name: Property['name'], type: Property['type'], places: string, most?: number];

const BYTE2 = whole(2);
const BYTE4 = whole(4);
const MESSAGE = 'publish will';
const SESSION = 'connect connack';
const AUTHENTICATION = 'connect connack auth';
const ANSWERS = 'puback pubrec pubrel pubcomp suback unsuback connack disconnect auth';

/** Every property: its identifier, its name, how its value is written, where it may stand (MQTT5 section 2.2.2.2). */
const PROPERTIES: readonly Row[] = [
  [0x01, 'payloadFormatIndicator', BIT, MESSAGE],
  [0x02, 'messageExpiryInterval', BYTE4, MESSAGE],
  [0x03, 'contentType', TEXT, MESSAGE],
  [0x08, 'responseTopic', TOPIC_NAME, MESSAGE],
  [0x09, 'correlationData', BINARY, MESSAGE],
  [0x0b, 'subscriptionIdentifiers', VARINT, 'publish', Infinity],
  [0x0b, 'subscriptionIdentifier', VARINT, 'subscribe'],
  [0x11, 'sessionExpiryInterval', BYTE4, `${SESSION} disconnect`],
  [0x12, 'assignedClientIdentifier', TEXT, 'connack'],
  [0x13, 'serverKeepAlive', BYTE2, 'connack'],
  [0x15, 'authenticationMethod', TEXT, AUTHENTICATION],
  [0x16, 'authenticationData', BINARY, AUTHENTICATION],
  [0x17, 'requestProblemInformation', FLAG, 'connect'],
  [0x18, 'willDelayInterval', BYTE4, 'will'],
  [0x19, 'requestResponseInformation', FLAG, 'connect'],
  [0x1a, 'responseInformation', TEXT, 'connack'],
  [0x1c, 'serverReference', TEXT, 'connack disconnect'],
  [0x1f, 'reasonString', TEXT, ANSWERS],
  [0x21, 'receiveMaximum', whole(2, 1), SESSION],
  [0x22, 'topicAliasMaximum', BYTE2, SESSION],
  [0x23, 'topicAlias', whole(2, 1, 0xffff, 'MQTT5-3.3.2-8', 0x94), 'publish'],
  [0x24, 'maximumQoS', BIT, 'connack'],
  [0x25, 'retainAvailable', FLAG, 'connack'],
  [0x26, 'userProperties', PAIR, `${MESSAGE} ${ANSWERS} connect subscribe unsubscribe`, MAX_USER_PROPERTIES],
  [0x27, 'maximumPacketSize', whole(4, 1), SESSION],
  [0x28, 'wildcardSubscriptionAvailable', FLAG, 'connack'],
  [0x29, 'subscriptionIdentifiersAvailable', FLAG, 'connack'],
  [0x2a, 'sharedSubscriptionAvailable', FLAG, 'connack'],
];

/** The properties of each place, by their identifiers and by their names. */
const INDEX = /* @__PURE__ */ index();

function index(): ReadonlyMap<string, ReadonlyMap<unknown, Property>> {
  const places = new Map<string, Map<unknown, Property>>();
  for (const [id, name, type, where, most] of PROPERTIES) {
    for (const place of where.split(' ')) {
      const properties = places.get(place) ?? new Map<unknown, Property>();
      const property = { id, name, type, most };
      places.set(place, properties.set(id, property).set(name, property));
    }
  }
  return places;
}

/**
 * Reads the properties of a packet; `undefined` if there are none, and in MQTT 3.1.1, which has no bytes for them.
 *
 * Layout: length of all properties in bytes (Variable Byte Integer) · for each: identifier (1 byte), value.
 *
 * @throws {ProtocolError} malformed: an identifier that is unknown or may not stand in `place`, a value beyond the end of
 *   the properties; protocol error: a property that stands twice, a value that is not allowed; quota exceeded: more than
 *   1,000 user properties, or more than 524,288 bytes
 */
export function readProperties<P extends PropertyPlace>(
  reader: ByteReader,
  place: P,
  version: ProtocolVersion,
): PropertiesOf[P] | undefined {
  const length = version === 5 ? reader.varint('property length') : 0;
  return length === 0 ? undefined : readAll(reader, length, place);
}

/** A packet with its properties, or without the key if it is of MQTT 3.1.1. */
export function withProperties<T extends { readonly properties?: unknown }>(
  packet: T,
  properties: T['properties'],
  version: ProtocolVersion,
): T {
  return version === 5 ? { ...packet, properties } : packet;
}

function readAll(reader: ByteReader, length: number, place: PropertyPlace): AllProperties {
  checkLimit(length, 'bytes of properties', MAX_PROPERTY_BYTES);
  const end = reader.narrow(length, 'properties');
  const properties: Record<string, unknown> = {};
  while (reader.hasMore) {
    const { name, type, most } = find(reader.byte('property identifier'), place);
    const value = type.read(reader, name);
    const before = properties[name];
    if (most === undefined) {
      if (before !== undefined) checkLimit(2, name, 1, PROTOCOL_ERROR);
      properties[name] = value;
    } else if (before === undefined) properties[name] = [value];
    else checkLimit((before as unknown[]).push(value), name, most);
  }
  reader.widen(end);
  checkMethod(properties, place);
  return properties;
}

/**
 * Writes the properties of a packet, in the order of their keys. Those that are `undefined` are not there.
 *
 * @throws {ProtocolError} with MQTT 3.1.1: there is a property, which it could not say; with MQTT 5: what `readProperties`
 *   would refuse
 * @throws {InvalidTopicError} the response topic
 */
export function writeProperties<P extends PropertyPlace>(
  writer: ByteWriter,
  properties: PropertiesOf[P] | undefined,
  place: P,
  version: ProtocolVersion,
): void {
  if (version === 5) writer.byte(0); // their length, if there are none
  if (properties !== undefined) writeAll(writer, properties, place, version);
}

function writeAll(writer: ByteWriter, properties: AllProperties, place: PropertyPlace, version: ProtocolVersion): void {
  const start = writer.bodyLength;
  for (const name of Object.keys(properties) as (keyof AllProperties)[]) {
    const value = properties[name];
    if (value === undefined) continue;
    if (version === 4) refuseIn4(name);
    const { id, type, most } = find(name, place);
    const values = most === undefined ? [value] : (value as readonly unknown[]);
    checkLimit(values.length, name, most ?? 1);
    for (const one of values) {
      writer.byte(id);
      type.write(writer, name, one);
    }
  }
  if (version === 4) return;
  checkMethod(properties, place);
  checkLimit(writer.bodyLength - start, 'bytes of properties', MAX_PROPERTY_BYTES);
  writer.prefixLength(start);
}

function find(idOrName: unknown, place: PropertyPlace): Property {
  const found = INDEX.get(place)?.get(idOrName);
  if (!found) check(false, `property of ${place}`, 'another', idOrName, SECTION);
  return found;
}

function checkLimit(count: number, what: string, most: number, reasonCode = QUOTA_EXCEEDED): void {
  if (count > most) check(false, what, `${most} at most`, count, SECTION, reasonCode);
}

/** Authentication data belong to a method (MQTT5 section 3.1.2.11.10), and AUTH has one (MQTT5 section 3.15.2.2.2). */
function checkMethod({ authenticationMethod, authenticationData }: AllProperties, place: PropertyPlace): void {
  const isNeeded = authenticationData !== undefined || place === 'auth';
  const isThere = !isNeeded || authenticationMethod !== undefined;
  check(isThere, 'authentication method', 'one', 'none', 'MQTT5 section 3.1.2.11.10', PROTOCOL_ERROR);
}
