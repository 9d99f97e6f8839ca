import { PacketTooLargeError, ProtocolError } from '../errors.js';
import type { ByteWriter } from './ByteWriter.js';
import type { PacketType } from './Packet.js';

/** The largest remaining length: four bytes of seven bits [MQTT-2.2.3]. */
export const MAX_REMAINING_LENGTH = 268_435_455;

/** The largest packet, in bytes, with its fixed header of five bytes. */
export const MAX_PACKET_SIZE = MAX_REMAINING_LENGTH + 5;

/** What the fixed header of a type of packet must be, by the type's number. */
interface HeaderRule {
  readonly type: PacketType;
  /** The lower four bits of the first byte; `undefined` where they vary, as in PUBLISH. */
  readonly flags: number | undefined;
  readonly flagsClause: string;
  readonly minLength: number;
  readonly maxLength: number;
  readonly lengthClause: string;
}

const ANY = MAX_REMAINING_LENGTH;

function rule(
  type: PacketType,
  flags: number | undefined,
  minLength: number,
  maxLength: number,
  section: string,
  flagsClause = 'MQTT-2.2.2-2',
): HeaderRule {
  return { type, flags, flagsClause, minLength, maxLength, lengthClause: `MQTT-${section}` };
}

const RULES: readonly (HeaderRule | undefined)[] = [
  undefined,
  rule('connect', 0, 12, ANY, '3.1.1'),
  rule('connack', 0, 2, 2, '3.2.1'),
  rule('publish', undefined, 3, ANY, '3.3.1'),
  rule('puback', 0, 2, 2, '3.4.1'),
  rule('pubrec', 0, 2, 2, '3.5.1'),
  rule('pubrel', 2, 2, 2, '3.6.1', 'MQTT-3.6.1-1'),
  rule('pubcomp', 0, 2, 2, '3.7.1'),
  rule('subscribe', 2, 2, ANY, '3.8.1', 'MQTT-3.8.1-1'),
  rule('suback', 0, 3, ANY, '3.9.1'),
  rule('unsubscribe', 2, 2, ANY, '3.10.1', 'MQTT-3.10.1-1'),
  rule('unsuback', 0, 2, 2, '3.11.1'),
  rule('pingreq', 0, 0, 0, '3.12.1'),
  rule('pingresp', 0, 0, 0, '3.13.1'),
  rule('disconnect', 0, 0, 0, '3.14.1', 'MQTT-3.14.1-1'),
];

/** The first byte of each type of packet whose flags are fixed; for PUBLISH, with all flags 0. */
export const FIRST_BYTE = Object.fromEntries(
  RULES.flatMap((rule, number) => (rule ? [[rule.type, (number << 4) | (rule.flags ?? 0)]] : [])),
) as Readonly<Record<PacketType, number>>;

/**
 * Refuses a fixed header that no packet has, before the rest of the packet is waited for.
 *
 * @throws {ProtocolError} reserved type [MQTT-2.2.1], reserved flags [MQTT-2.2.2-2], a remaining length that the type cannot have
 */
export function checkFixedHeader(first: number, remaining: number): void {
  const rule = RULES[first >> 4];
  if (rule === undefined) throw new ProtocolError(`packet type: 1 to 14 expected, ${first >> 4} came`, 'MQTT-2.2.1');
  if (rule.flags !== undefined && rule.flags !== (first & 0x0f)) {
    throw new ProtocolError(`flags of ${rule.type}: ${rule.flags} expected, ${first & 0x0f} came`, rule.flagsClause);
  }
  if (remaining < rule.minLength || remaining > rule.maxLength) {
    const expected = rule.minLength === rule.maxLength ? `${rule.minLength}` : `at least ${rule.minLength}`;
    throw new ProtocolError(
      `remaining length of ${rule.type}: ${expected} expected, ${remaining} came`,
      rule.lengthClause,
    );
  }
}

/**
 * The size in bytes of the packet whose fixed header begins at `bytes[start]`, header included; 0 if `end` cuts the header.
 *
 * A remaining length in more bytes than it needs (0x80 0x00 for 0) is accepted: MQTT 3.1.1 limits it to four bytes and no
 * more, and its algorithm in 2.2.3 decodes it. Only MQTT 5 asks for the shortest form [MQTT5-1.5.5-1].
 *
 * @throws {ProtocolError} a remaining length of five bytes [MQTT-2.2.3]
 */
export function packetSize(bytes: Uint8Array, start: number, end: number): number {
  let remaining = 0;
  for (let i = 1; i <= 4; i++) {
    if (start + i >= end) return 0;
    const byte = bytes[start + i]!;
    remaining |= (byte & 0x7f) << (7 * i - 7);
    if (byte < 0x80) return 1 + i + remaining;
  }
  throw new ProtocolError('remaining length: at most four bytes expected, a fifth came', 'MQTT-2.2.3');
}

/** The bytes that the fixed header at `bytes[start]` takes, which is known to be complete. */
export function headerLength(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (bytes[at]! > 0x7f) at++;
  return at + 1 - start;
}

/** Writes the first byte and the remaining length to `bytes` from `at` on, and returns the offset behind them. */
export function putFixedHeader(bytes: Uint8Array, at: number, first: number, remaining: number): number {
  bytes[at++] = first;
  while (remaining > 0x7f) {
    bytes[at++] = (remaining & 0x7f) | 0x80;
    remaining >>= 7;
  }
  bytes[at++] = remaining;
  return at;
}

/**
 * Writes a fixed header, and makes room for the rest of the packet: what follows cannot fail any more.
 *
 * @throws {PacketTooLargeError} `remaining` is over 268,435,455
 */
export function writeFixedHeader(writer: ByteWriter, first: number, remaining: number): void {
  checkRemaining(remaining);
  writer.reserve(5 + remaining);
  writer.offset = putFixedHeader(writer.bytes, writer.offset, first, remaining);
}

/**
 * Refuses a remaining length that four bytes cannot say.
 *
 * @throws {PacketTooLargeError}
 */
export function checkRemaining(remaining: number): void {
  if (remaining > MAX_REMAINING_LENGTH) throw new PacketTooLargeError(5 + remaining, MAX_PACKET_SIZE);
}
