import { PacketTooLargeError } from '../errors.js';
import type { TextKind } from '../text.js';
import { check, checkPacketId } from './check.js';
import type { Fields } from './Fields.js';
import type { Packet } from './Packet.js';
import { type PacketKind, kindOf } from './packetKinds.js';
import { Pool } from './Pool.js';
import { TopicCache } from './TopicCache.js';
import { readUtf8 } from './utf8.js';
import { NO_BYTES } from './noBytes.js';

/** Nothing is given to what is read. */
const GIVEN = {};
/** V8 keeps the bytes of typed arrays up to this length inside the object: a copy is as cheap as a view. */
const ON_HEAP = 64;
/** A view may pin at most this many times its own length. */
const PINNED = 64;
/** Payloads up to this length are copied into blocks of one size: at most 64 times the smallest of them … */
const SMALL = 1_024;
const BLOCK = 4_096;
/** … and longer ones into blocks of another. */
const LARGER_BLOCK = 16_384;
/** From this length on a payload may be a view of 256 kB. */
const LARGE = 4_096;

/** Reads one packet after the other; each decoder has one, and points it at the next packet with `begin`. */
export class ByteReader implements Fields {
  /** Of a plain Uint8Array: what `slice` makes of one is of its kind. */
  bytes: Uint8Array = NO_BYTES;
  /** Where the packet ends. */
  end = 0;
  /** How many bytes of large payloads there were. */
  large = 0;
  // Made when needed: a client that only publishes reads no message.
  private topics: TopicCache | undefined = undefined;
  /** Where payloads go that must not stay in `bytes`. */
  private small: Pool | undefined = undefined;
  private larger: Pool | undefined = undefined;
  /** Where the next field begins. */
  private offset = 0;
  private first = 0;
  private isLent = false;

  /**
   * Reads the fixed header that begins at `bytes[start]`, and returns the kind of packet; `undefined` if `until` cuts the
   * header. It sets `end`, which may be behind `until`.
   *
   * A remaining length in more bytes than it needs (0x80 0x00 for 0) is accepted: MQTT 3.1.1 limits it to four bytes and
   * no more, and its algorithm in 2.2.3 decodes it. Only MQTT 5 asks for the shortest form [MQTT5-1.5.5-1].
   *
   * @throws {PacketTooLargeError} the packet has more than `limit` bytes
   * @throws {ProtocolError} a remaining length of five bytes (MQTT section 2.2.3), and what no packet has
   */
  begin(bytes: Uint8Array, start: number, until: number, limit: number): PacketKind | undefined {
    let at = start;
    let remaining = 0;
    let byte: number;
    do {
      if (++at >= until) return undefined;
      byte = bytes[at]!;
      remaining |= (byte & 0x7f) << (7 * (at - start - 1));
    } while (byte > 0x7f && at < start + 4);
    if (byte > 0x7f) check(false, 'bytes of the remaining length', '4 at most', 5, '2.2.3');
    this.bytes = bytes;
    this.offset = ++at;
    this.end = at + remaining;
    if (this.end - start > limit) throw new PacketTooLargeError(this.end - start, limit);
    this.first = bytes[start]!;
    return kindOf(this.first, remaining);
  }

  /**
   * Reads the packet whose fixed header was read before.
   * @param isLent whether `bytes` will be written to again: nothing may be a view of them
   */
  read({ type, fields }: PacketKind, isLent: boolean): Packet {
    this.isLent = isLent;
    const packet = fields(this, GIVEN, this.first, type);
    if (this.offset < this.end) check(false, `bytes behind ${type}`, 0, this.end - this.offset, '2.2.3');
    return packet;
  }

  byte(field: string): number {
    return this.bytes[this.skip(1, field)]!;
  }

  uint16(field: string): number {
    const at = this.skip(2, field);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  packetId(_given: number | undefined, statement: number): number {
    const packetId = this.uint16('packet identifier');
    checkPacketId(packetId, statement);
    return packetId;
  }

  text(field: string, _given?: string, kind: TextKind = 'text'): string {
    const start = this.skip(this.uint16(field), field);
    if (kind === 'name') return (this.topics ??= new TopicCache()).read(this.bytes, start, this.offset, field);
    return readUtf8(this.bytes.subarray(start, this.offset), field, kind);
  }

  binary(field: string): Uint8Array {
    const start = this.skip(this.uint16(field), field);
    return this.bytes.slice(start, this.offset);
  }

  each<T>(field: string, _given: readonly T[] | undefined, item: () => T, clause: string): T[] {
    const items: T[] = [];
    while (this.offset < this.end) items.push(item());
    check(items.length, field, '1 or more', 0, clause);
    return items;
  }

  /**
   * The rest of the packet, as a plain Uint8Array that is the caller's to keep.
   *
   * It never pins more than 64 times its length, so that a kept payload of 10 bytes does not pin a chunk of 64 kB. Up to
   * 64 bytes are copied; so is, into a block of 4 kB, what is small beside the memory it lies in, and whatever lies in
   * memory that is only lent. Others are views: nothing writes to them again provided that the source of the chunks does
   * not (a socket of Node or a WebSocket does not).
   */
  rest(): Uint8Array {
    const { bytes, offset, end } = this;
    const length = end - offset;
    this.offset = end;
    if (length <= ON_HEAP) return length === 0 ? NO_BYTES : bytes.slice(offset, end);
    if (length >= LARGE) this.large += length;
    if (!this.isLent && length * PINNED >= bytes.buffer.byteLength) {
      return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
    }
    if (length <= SMALL) return (this.small ??= new Pool()).copy(bytes, offset, end, BLOCK);
    // Room for what may still come in this chunk, and no more: the block must not wait for another.
    return (this.larger ??= new Pool()).copy(bytes, offset, end, Math.min(LARGER_BLOCK, bytes.length - offset));
  }

  /** Steps over `count` bytes, and returns where they begin. */
  private skip(count: number, field: string): number {
    const at = this.offset;
    const behind = at + count;
    if (behind > this.end) check(false, `bytes of ${field}`, count, this.end - at, '2.2.3');
    this.offset = behind;
    return at;
  }
}
