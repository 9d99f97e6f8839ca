import { PacketTooLargeError } from '../errors.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, refuseLonger } from './check.js';
import type { DecodedVersion } from './Packet.js';
import { type AnyPacketKind, kindOf } from './packetKinds.js';
import { MAX_VARINT, putVarint, varintSize } from './varint.js';

/** The largest remaining length (MQTT section 2.2.3). */
export const MAX_REMAINING_LENGTH = MAX_VARINT;

/** The largest packet, in bytes, with its fixed header of five bytes. */
export const MAX_PACKET_SIZE = MAX_REMAINING_LENGTH + 5;

/**
 * Begins a packet.
 *
 * @param remaining its remaining length, or a guess: `finishPacket` moves the packet if the guess needs another size
 * @throws {PacketTooLargeError} `remaining` is over 268,435,455
 */
export function beginPacket(writer: ByteWriter, remaining: number): void {
  writer.begin(headerSize(remaining));
}

/**
 * Writes the fixed header in front of the packet that was begun. With that the packet is written.
 *
 * Layout: type and flags (1 byte) · remaining length (1 to 4 bytes).
 *
 * @param following bytes that belong to the packet and that the caller sends behind it
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function finishPacket(writer: ByteWriter, first: number, following = 0): void {
  const remaining = writer.bodyLength + following;
  const at = writer.finish(headerSize(remaining));
  writer.bytes[at] = first;
  putVarint(writer.bytes, at + 1, remaining);
}

/** How many bytes the fixed header of a packet with this remaining length takes. */
function headerSize(remaining: number): number {
  if (remaining > MAX_REMAINING_LENGTH) throw new PacketTooLargeError(5 + remaining, MAX_PACKET_SIZE);
  return 1 + varintSize(remaining);
}

/** The fixed header of the packet that is read. A decoder has one and reads each header into it. */
export class FixedHeader {
  /** Type and flags. */
  first = 0;
  /** Where the rest of the packet begins. */
  body = 0;
  /** Where the packet ends. */
  end = 0;

  /**
   * Reads the fixed header that begins at `bytes[start]`. Returns the kind of packet, or `undefined` if the header goes
   * on behind `until`.
   *
   * A remaining length in more bytes than it needs (0x80 0x00 for 0) is accepted: MQTT 3.1.1 limits it to four bytes and
   * no more, and its algorithm in 2.2.3 decodes it. Only MQTT 5 asks for the shortest form [MQTT5-1.5.5-1].
   *
   * @throws {PacketTooLargeError} the packet has more than `limit` bytes
   * @throws {ProtocolError} a remaining length of five bytes (MQTT section 2.2.3), with MQTT 5 also of more bytes than it
   *   needs, and what `kindOf` refuses
   */
  read(
    bytes: Uint8Array,
    start: number,
    until: number,
    limit: number,
    version: DecodedVersion,
  ): AnyPacketKind | undefined {
    let at = start;
    let remaining = 0;
    let byte: number;
    do {
      if (++at >= until) return undefined;
      byte = bytes[at]!;
      remaining |= (byte & 0x7f) << (7 * (at - start - 1));
    } while (byte > 0x7f && at < start + 4);
    if (byte > 0x7f) check(false, 'bytes of the remaining length', '4 at most', 5, '2.2.3');
    this.first = bytes[start]!;
    this.body = at + 1;
    this.end = this.body + remaining;
    if (this.end - start > limit) throw new PacketTooLargeError(this.end - start, limit);
    if (byte === 0 && at > start + 1 && version === 5) refuseLonger('remaining length');
    return kindOf(this.first, remaining, version);
  }
}
