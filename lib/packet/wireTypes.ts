import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, check, oneOf } from './check.js';
import type { UserProperty } from './PacketProperties.js';
import { MAX_VARINT } from './varint.js';

/** Where properties are described. */
const CLAUSE = 'MQTT5 section 2.2.2.2';

/** How the value of a property is read and written. `field` is the name of the property, for messages. */
export interface WireType<T> {
  /** @throws {ProtocolError} not a value of this type */
  read(reader: ByteReader, field: string): T;
  /** @throws {ProtocolError | InvalidTopicError} not a value of this type */
  write(writer: ByteWriter, field: string, value: T): void;
}

/** A length of two bytes and as many bytes of UTF-8. */
export const TEXT: WireType<string> = {
  read: (reader, field) => reader.text(field),
  write: (writer, field, value) => writer.text(field, value),
};

/**
 * Text that is written as a topic name [MQTT5-3.3.2-14], and read whatever it is: Mosquitto 2.0.11 passes any text on, and a
 * stranger's message must not end the connections of those who get it, at each reconnect again.
 */
export const TOPIC_NAME: WireType<string> = {
  read: (reader, field) => reader.text(field),
  write: (writer, field, value) => writer.text(field, value, 'name'),
};

/** Two texts [MQTT5-1.5.7-1]. */
export const PAIR: WireType<UserProperty> = {
  read: (reader, field) => [reader.text(field), reader.text(field)],
  write: (writer, field, [name, value]) => {
    writer.text(field, name);
    writer.text(field, value);
  },
};

/** A length of two bytes and as many bytes. */
export const BINARY: WireType<Uint8Array> = {
  read: (reader, field) => reader.binary(field),
  write: (writer, field, value) => writer.binary(field, value, 'MQTT5 section 1.5.6'),
};

/** A byte that is 0 or 1. */
export const BIT = whole(1, 0, 1);

/** A byte that is 0 for `false` or 1 for `true`. */
export const FLAG: WireType<boolean> = {
  read: (reader, field) => BIT.read(reader, field) === 1,
  write: (writer, field, value) => {
    oneOf([false, true], field, value, CLAUSE);
    writer.byte(value ? 1 : 0);
  },
};

/** A Variable Byte Integer other than 0. */
export const VARINT: WireType<number> = {
  read: (reader, field) => inRange(reader.varint(field), field, 1, MAX_VARINT),
  write: (writer, field, value) => {
    inRange(value, field, 1, MAX_VARINT);
    for (; value > 0x7f; value >>= 7) writer.byte(value | 0x80);
    writer.byte(value);
  },
};

/**
 * A whole number of so many bytes, the most significant first.
 *
 * @param clause what says that it must be in the range @param reasonCode what a DISCONNECT says if it is not
 */
export function whole(
  size: 1 | 2 | 4,
  min = 0,
  max: number = 256 ** size - 1,
  clause?: string,
  reasonCode?: number,
): WireType<number> {
  return {
    read(reader, field) {
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + reader.byte(field);
      return inRange(value, field, min, max, clause, reasonCode);
    },
    write(writer, field, value) {
      inRange(value, field, min, max, clause, reasonCode);
      for (let i = size; i-- > 0;) writer.byte(value >> (8 * i));
    },
  };
}

function inRange(
  value: number,
  field: string,
  min: number,
  max: number,
  clause = CLAUSE,
  reasonCode = PROTOCOL_ERROR,
): number {
  const isInRange = Number.isInteger(value) && value >= min && value <= max;
  if (!isInRange) check(false, field, `${min} to ${max}`, value, clause, reasonCode);
  return value;
}
