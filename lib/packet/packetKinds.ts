import { acknowledgement } from './acknowledgement.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check } from './check.js';
import { connack } from './connack.js';
import { connect } from './connect.js';
import { empty } from './empty.js';
import type { Packet, PacketType } from './Packet.js';
import { readPublish } from './publish.js';
import { suback } from './suback.js';
import { subscribe } from './subscribe.js';
import { unsubscribe } from './unsubscribe.js';

/** What there is to know of a type of packet. */
export interface PacketKind {
  readonly type: PacketType;
  /** The first byte, flags included; those of PUBLISH vary, and are 0 here. */
  readonly first: number;
  /** The remaining length; if negative, at least so much. */
  readonly length: number;
  /** Reads or writes what follows the fixed header. */
  readonly fields: (fields: ByteReader | ByteWriter, given: object, first: number, type: PacketType) => Packet;
}

/** In the order of the type's numbers, the first of which is 1. Type, flags, remaining length, fields. */
const KINDS = (
  [
    ['connect', 0, -12, connect],
    ['connack', 0, 2, connack],
    ['publish', 0, -3, readPublish],
    ['puback', 0, 2, acknowledgement],
    ['pubrec', 0, 2, acknowledgement],
    ['pubrel', 2, 2, acknowledgement],
    ['pubcomp', 0, 2, acknowledgement],
    ['subscribe', 2, -2, subscribe],
    ['suback', 0, -3, suback],
    ['unsubscribe', 2, -2, unsubscribe],
    ['unsuback', 0, 2, acknowledgement],
    ['pingreq', 0, 0, empty],
    ['pingresp', 0, 0, empty],
    ['disconnect', 0, 0, empty],
  ] as const
).map(([type, flags, length, fields], i) => ({
  type,
  first: ((i + 1) << 4) | flags,
  length,
  fields: fields as unknown as PacketKind['fields'],
}));

/** The kinds by type. */
export const KIND_OF = Object.fromEntries(KINDS.map((kind) => [kind.type, kind])) as Readonly<
  Record<PacketType, PacketKind>
>;

/**
 * The kind of packet that has this fixed header. Refuses one that no packet has, before the rest of it is waited for.
 *
 * @throws {ProtocolError} reserved type (MQTT section 2.2.1), reserved flags [MQTT-2.2.2-2], a remaining length that the type cannot have
 */
export function kindOf(first: number, remaining: number): PacketKind {
  const number = first >> 4;
  const kind = KINDS[number - 1];
  check(kind, 'packet type', '1 to 14', number, '2.2.1');
  const { type, length } = kind;
  if (kind.first !== first && number !== 3) {
    const clause = kind.first & 15 || number > 13 ? `3.${number}.1-1` : '2.2.2-2';
    check(false, `first byte of ${type}`, kind.first, first, clause);
  }
  if (remaining !== length && (length >= 0 || remaining < -length)) {
    check(false, `length of ${type}`, length < 0 ? `${-length} or more` : length, remaining, `3.${number}.1`);
  }
  return kind;
}
