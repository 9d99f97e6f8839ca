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

function kind(type: PacketType, first: number, length: number, fields: unknown): PacketKind {
  return { type, first, length, fields: fields as PacketKind['fields'] };
}

/** In the order of the type's numbers, the first of which is 1. */
const KINDS: readonly PacketKind[] = [
  kind('connect', 0x10, -12, connect),
  kind('connack', 0x20, 2, connack),
  kind('publish', 0x30, -3, readPublish),
  kind('puback', 0x40, 2, acknowledgement),
  kind('pubrec', 0x50, 2, acknowledgement),
  kind('pubrel', 0x62, 2, acknowledgement),
  kind('pubcomp', 0x70, 2, acknowledgement),
  kind('subscribe', 0x82, -2, subscribe),
  kind('suback', 0x90, -3, suback),
  kind('unsubscribe', 0xa2, -2, unsubscribe),
  kind('unsuback', 0xb0, 2, acknowledgement),
  kind('pingreq', 0xc0, 0, empty),
  kind('pingresp', 0xd0, 0, empty),
  kind('disconnect', 0xe0, 0, empty),
];

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
  check(kind !== undefined, 'packet type', '1 to 14', number, '2.2.1');
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
