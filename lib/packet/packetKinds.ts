import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { readAcknowledgement, writeAcknowledgement } from './acknowledgement.js';
import { check } from './check.js';
import { readConnack, writeConnack } from './connack.js';
import { readConnect, writeConnect } from './connect.js';
import { readEmpty, writeEmpty } from './empty.js';
import type { Packet, PacketType } from './Packet.js';
import { readPublish, writePublish } from './publish.js';
import { readSuback, writeSuback } from './suback.js';
import { readSubscribe, writeSubscribe } from './subscribe.js';
import { readUnsuback, writeUnsuback } from './unsuback.js';
import { readUnsubscribe, writeUnsubscribe } from './unsubscribe.js';

/** The packet of a type. */
export type PacketOf<T extends PacketType> = Packet & { readonly type: T };

/** How one type of packet is read and written. */
export interface PacketKind<T extends PacketType> {
  readonly type: T;
  /** The first byte. The flags of PUBLISH vary; they are 0 here. */
  readonly first: number;
  /** The smallest remaining length … */
  readonly min: number;
  /** … and the largest. */
  readonly max: number;
  /** Reads what follows the fixed header. */
  readonly read: (reader: ByteReader, first: number) => PacketOf<T>;
  /** Writes what follows the fixed header. */
  readonly write: (writer: ByteWriter, packet: PacketOf<T>) => void;
}

/** A kind of packet, whatever its type. */
export type AnyPacketKind = { [T in PacketType]: PacketKind<T> }[PacketType];

/** The kinds by type, in the order of the numbers of the types, which begin at 1. */
export const PACKET_KINDS: { readonly [T in PacketType]: PacketKind<T> } = {
  connect: kind('connect', 0x10, 12, Infinity, readConnect, writeConnect),
  connack: kind('connack', 0x20, 2, 2, readConnack, writeConnack),
  publish: kind('publish', 0x30, 3, Infinity, readPublish, writePublish),
  puback: kind('puback', 0x40, 2, 2, (reader) => readAcknowledgement(reader, 'puback'), writeAcknowledgement),
  pubrec: kind('pubrec', 0x50, 2, 2, (reader) => readAcknowledgement(reader, 'pubrec'), writeAcknowledgement),
  pubrel: kind('pubrel', 0x62, 2, 2, (reader) => readAcknowledgement(reader, 'pubrel'), writeAcknowledgement),
  pubcomp: kind('pubcomp', 0x70, 2, 2, (reader) => readAcknowledgement(reader, 'pubcomp'), writeAcknowledgement),
  subscribe: kind('subscribe', 0x82, 2, Infinity, readSubscribe, writeSubscribe),
  suback: kind('suback', 0x90, 3, Infinity, readSuback, writeSuback),
  unsubscribe: kind('unsubscribe', 0xa2, 2, Infinity, readUnsubscribe, writeUnsubscribe),
  unsuback: kind('unsuback', 0xb0, 2, 2, readUnsuback, writeUnsuback),
  pingreq: kind('pingreq', 0xc0, 0, 0, () => readEmpty('pingreq'), writeEmpty),
  pingresp: kind('pingresp', 0xd0, 0, 0, () => readEmpty('pingresp'), writeEmpty),
  disconnect: kind('disconnect', 0xe0, 0, 0, () => readEmpty('disconnect'), writeEmpty),
};

const BY_NUMBER: readonly (AnyPacketKind | undefined)[] = [undefined, ...Object.values(PACKET_KINDS)];

/**
 * The kind of packet that has this fixed header. An impossible header is refused before the rest of the packet arrives.
 *
 * @throws {ProtocolError} reserved type (MQTT section 2.2.1), reserved flags [MQTT-2.2.2-2], a remaining length that the
 *   type cannot have
 */
export function kindOf(first: number, remaining: number): AnyPacketKind {
  const number = first >> 4;
  const kind = BY_NUMBER[number];
  if (!kind) check(false, 'packet type', '1 to 14', number, '2.2.1');
  const { type, min, max } = kind;
  if (kind.first !== first && type !== 'publish') {
    const clause = kind.first & 15 || type === 'disconnect' ? `3.${number}.1-1` : '2.2.2-2';
    check(false, `first byte of ${type}`, kind.first, first, clause);
  }
  if (remaining < min || remaining > max) {
    check(false, `length of ${type}`, min === max ? min : `${min} or more`, remaining, `3.${number}.1`);
  }
  return kind;
}

function kind<T extends PacketType>(
  type: T,
  first: number,
  min: number,
  max: number,
  read: PacketKind<T>['read'],
  write: PacketKind<T>['write'],
): PacketKind<T> {
  return { type, first, min, max, read, write };
}
