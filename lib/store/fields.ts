import { NO_BYTES } from '../packet/noBytes.js';
import type { PublishProperties } from '../packet/PacketProperties.js';
import { propertiesFromBytes, propertiesToBytes } from '../packet/propertyBytes.js';
import { TooNewError } from './format.js';
import { viewOf } from './records.js';

/*
 * The optional fields of a message: length of all of them (4 bytes), then the fields, in any order. A field: tag (1),
 * length (4), value. A reader skips a field whose tag it does not know if the tag is below 128. From 128 on a field is
 * critical: without it the message would be another one, and a reader that does not know it refuses the store.
 */
const LENGTH = 4;
const FIELD = 1 + 4;
const CRITICAL = 128;

/**
 * The properties of a message as in a PUBLISH of MQTT 5: their length, then each with its identifier. Those of the
 * connection (topic alias) and of the receiver (subscription identifiers) are not among them, nor is the message expiry
 * interval, because the message has its lifetime.
 *
 * Every reader of format 4 knows it.
 */
const PROPERTIES = 1;
/** The same, of a message whose properties nobody asked for: MQTT 3.1.1 does without them, and so may a reader. */
const IMPLIED_PROPERTIES = 2;

/** What the optional fields of a message say. */
export interface Fields {
  readonly properties?: PublishProperties;
  /** See `Outgoing`. */
  readonly arePropertiesImplied?: boolean;
}

/** The optional fields of a message; no bytes if it has none. */
export function fieldsOf(message: Fields | undefined): Uint8Array {
  const value = message?.properties && encode(message.properties);
  if (!value) return NO_BYTES;
  const fields = new Uint8Array(LENGTH + FIELD + value.length);
  const view = viewOf(fields);
  view.setUint32(0, FIELD + value.length);
  fields[LENGTH] = message.arePropertiesImplied ? IMPLIED_PROPERTIES : PROPERTIES;
  view.setUint32(LENGTH + 1, value.length);
  fields.set(value, LENGTH + FIELD);
  return fields;
}

/**
 * Reads the optional fields that begin at `start` and end at `end` or before.
 *
 * @returns what they say, and where they end
 * @throws {TooNewError} a critical one is not known
 * @throws what is wrong with them
 */
export function readFields(record: Uint8Array, start: number, end: number): Fields & { readonly end: number } {
  const view = viewOf(record);
  const behind = start + LENGTH > end ? Infinity : start + LENGTH + view.getUint32(start);
  if (behind > end) throw new Error('its fields are cut');
  let properties: PublishProperties | undefined;
  let isImplied = false;
  for (let at = start + LENGTH; at < behind;) {
    const tag = record[at]!;
    const value = at + FIELD;
    at = value > behind ? Infinity : value + view.getUint32(at + 1);
    if (at > behind) throw new Error('one of its fields is cut');
    if (tag === PROPERTIES || tag === IMPLIED_PROPERTIES) {
      properties = propertiesFromBytes(record.slice(value, at));
      isImplied = tag === IMPLIED_PROPERTIES;
    } else if (tag >= CRITICAL) throw new TooNewError(`a message with a field that must not be skipped (tag ${tag})`);
  }
  if (!properties) return { end: behind };
  return { properties, ...(isImplied && { arePropertiesImplied: true }), end: behind };
}

/** How many bytes properties take in a record, roughly. */
export function weightOf({ contentType, responseTopic, correlationData, userProperties }: PublishProperties): number {
  let weight = (contentType?.length ?? 0) + (responseTopic?.length ?? 0) + (correlationData?.length ?? 0);
  for (const [name, value] of userProperties ?? []) weight += name.length + value.length;
  return weight;
}

/** The properties as they are kept; `undefined` if there are none. */
function encode(properties: PublishProperties): Uint8Array | undefined {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties } = properties;
  const bytes = propertiesToBytes({
    payloadFormatIndicator,
    contentType,
    responseTopic,
    correlationData,
    userProperties,
  });
  return bytes.length > 1 ? bytes : undefined; // the length alone
}
