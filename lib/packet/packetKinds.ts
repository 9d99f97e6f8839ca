import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { readAcknowledgement, writeAcknowledgement } from './acknowledgement.js';
import { readAuth, writeAuth } from './auth.js';
import { check } from './check.js';
import { readConnack, writeConnack } from './connack.js';
import { readConnect, writeConnect } from './connect.js';
import { readDisconnect, writeDisconnect } from './disconnect.js';
import { readEmpty, writeEmpty } from './empty.js';
import type { AcknowledgementPacket, DecodedVersion, Packet, PacketType, ProtocolVersion } from './Packet.js';
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
  /** The smallest remaining length in MQTT 3.1.1 … */
  readonly min: number;
  /** … and the largest. */
  readonly max: number;
  /** The same in MQTT 5. */
  readonly min5: number;
  readonly max5: number;
  /** Reads what follows the fixed header. */
  readonly read: (reader: ByteReader, first: number, version: ProtocolVersion) => PacketOf<T>;
  /** Writes what follows the fixed header. */
  readonly write: (writer: ByteWriter, packet: PacketOf<T>, version: ProtocolVersion) => void;
}

/** A kind of packet, whatever its type. */
export type AnyPacketKind = { [T in PacketType]: PacketKind<T> }[PacketType];

/** The kinds by type, in the order of the numbers of the types, which begin at 1. */
export const PACKET_KINDS: { readonly [T in PacketType]: PacketKind<T> } = {
  connect: kind('connect', 0x10, 12, Infinity, 13, readConnect, writeConnect),
  connack: kind('connack', 0x20, 2, 2, 3, readConnack, writeConnack),
  publish: kind('publish', 0x30, 3, Infinity, 3, readPublish, writePublish),
  puback: acknowledgement('puback', 0x40),
  pubrec: acknowledgement('pubrec', 0x50),
  pubrel: acknowledgement('pubrel', 0x62),
  pubcomp: acknowledgement('pubcomp', 0x70),
  subscribe: kind('subscribe', 0x82, 2, Infinity, 3, readSubscribe, writeSubscribe),
  suback: kind('suback', 0x90, 3, Infinity, 4, readSuback, writeSuback),
  unsubscribe: kind('unsubscribe', 0xa2, 2, Infinity, 3, readUnsubscribe, writeUnsubscribe),
  unsuback: kind('unsuback', 0xb0, 2, 2, 4, readUnsuback, writeUnsuback),
  pingreq: kind('pingreq', 0xc0, 0, 0, 0, () => readEmpty('pingreq'), writeEmpty),
  pingresp: kind('pingresp', 0xd0, 0, 0, 0, () => readEmpty('pingresp'), writeEmpty),
  disconnect: kind('disconnect', 0xe0, 0, 0, 0, readDisconnect, writeDisconnect),
  auth: kind('auth', 0xf0, 0, 0, 0, readAuth, writeAuth),
};

const BY_NUMBER: readonly (AnyPacketKind | undefined)[] = [undefined, ...Object.values(PACKET_KINDS)];

/**
 * The kind of packet that has this fixed header. An impossible header is refused before the rest of the packet arrives.
 *
 * @throws {ProtocolError} reserved type (MQTT section 2.2.1), reserved flags [MQTT-2.2.2-2] [MQTT5-3.15.1-1], a remaining
 *   length that the type cannot have
 */
export function kindOf(first: number, remaining: number, version: DecodedVersion): AnyPacketKind {
  const number = first >> 4;
  const kind = BY_NUMBER[number];
  if (!kind || (number === 15 && version === 4)) {
    check(false, 'packet type', version === 4 ? '1 to 14' : '1 to 15', number, '2.2.1');
  }
  const { type } = kind;
  const min = version === 5 ? kind.min5 : kind.min;
  const max = version === 4 ? kind.max : kind.max5;
  if (kind.first !== first && type !== 'publish') {
    const isNumbered = kind.first & 15 || type === 'disconnect';
    const clause = type === 'auth' ? 'MQTT5-3.15.1-1' : isNumbered ? `3.${number}.1-1` : '2.2.2-2';
    check(false, `first byte of ${type}`, kind.first, first, clause);
  }
  if (remaining < min || remaining > max) {
    check(false, `length of ${type}`, min === max ? min : `${min} or more`, remaining, `3.${number}.1`);
  }
  return kind;
}

function acknowledgement<T extends AcknowledgementPacket['type']>(type: T, first: number): PacketKind<T> {
  const read: PacketKind<T>['read'] = (reader, _first, version) => readAcknowledgement(reader, type, version);
  return kind(type, first, 2, 2, 2, read, writeAcknowledgement);
}

function kind<T extends PacketType>(
  type: T,
  first: number,
  min: number,
  max: number,
  min5: number,
  read: PacketKind<T>['read'],
  write: PacketKind<T>['write'],
): PacketKind<T> {
  const max5 = type.startsWith('ping') ? 0 : Infinity;
  return { type, first, min, max, min5, max5, read, write };
}
