import { InvalidTopicError, ProtocolError } from '../errors.js';
import { type TextKind, textFault } from '../topic/textFault.js';
import { check, checkPacketId } from './check.js';
import { copyBytes } from './copyBytes.js';
import type { Fields } from './Fields.js';
import { putFixedHeader } from './fixedHeader.js';
import { NO_BYTES } from './noBytes.js';

// Of neither the language nor one platform: Node and every browser have it.
declare const TextEncoder: new () => { encodeInto(text: string, target: Uint8Array): { written: number } };

const encoder = /* @__PURE__ */ new TextEncoder();
const SMALLEST_SLAB = 512;
const LARGEST_SLAB = 65_536;
/** With less room than this a slab is given up: the packets that still fit are not worth the pinning of it. */
const NEARLY_USED_UP = 64;

/**
 * A write buffer, into which many packets are encoded back to back, to leave in one write.
 *
 * It writes to a slab, hands out views of it, and starts a new slab when the old one is used up. Slabs grow with what
 * one turn of the event loop writes (512 bytes to 64 KiB, larger only for larger packets) and shrink again,
 * so that neither an idle client holds much nor a busy one allocates often. `bytes` and `offset` are for the writers
 * of packets: `reserve`, write to `bytes` from `offset` on, then set `offset`. Nothing counts as written before.
 */
export class ByteWriter implements Fields {
  /** The slab. It changes at `reserve` and `take`. */
  bytes: Uint8Array = NO_BYTES;
  /** Where in the slab the next byte goes. */
  offset = 0;
  /** Where in the slab that begins which was not taken yet. */
  private start = 0;
  /** The most bytes taken at once since the slab was made. */
  private peak = 0;

  /** @param size bytes of the first slab; 0: it is made at the first write */
  constructor(size = 0) {
    if (size > 0) this.bytes = new Uint8Array(size);
  }

  /** Bytes written and not taken yet. */
  get length(): number {
    return this.offset - this.start;
  }

  /** Everything written since the last `take`: bytes that are never written to again. */
  take(): Uint8Array {
    const { bytes, start, offset } = this;
    const taken = new Uint8Array(bytes.buffer, start, offset - start);
    this.peak = Math.max(this.peak, taken.length);
    this.start = offset;
    if (bytes.length - offset < NEARLY_USED_UP || bytes.length > LARGEST_SLAB) {
      this.bytes = NO_BYTES;
      this.start = this.offset = 0;
    }
    return taken;
  }

  /** Makes room for `count` bytes from `offset` on; `bytes` and `offset` may be others afterwards. */
  reserve(count: number): void {
    if (this.offset + count > this.bytes.length) this.startSlab(count);
  }

  byte(_field: string, given?: number): number {
    this.reserve(1);
    this.bytes[this.offset++] = given!;
    return given!;
  }

  uint16(_field: string, given?: number): number {
    this.reserve(2);
    this.bytes[this.offset++] = given! >> 8;
    this.bytes[this.offset++] = given!;
    return given!;
  }

  packetId(given: number | undefined, statement: number): number {
    checkPacketId(given!, statement);
    return this.uint16('', given);
  }

  /** @throws {InvalidTopicError} a topic that `textFault` refuses */
  text(field: string, given?: string, kind: TextKind = 'text'): string {
    const text = given!;
    const fault = textFault(text, kind);
    if (fault) {
      const [why, clause] = fault;
      if (kind === 'text') throw new ProtocolError(`${field}: ${why}`, clause);
      throw new InvalidTopicError(text, `${why} [${clause}]`);
    }
    this.reserve(2 + 3 * text.length);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.offset + 2));
    this.uint16(field, written);
    this.offset += written;
    return text;
  }

  binary(field: string, given: Uint8Array | undefined, clause: string): Uint8Array {
    const { length } = given!;
    check(length <= 0xffff, `bytes of ${field}`, '65535 at most', length, clause);
    this.uint16(field, length);
    this.append(given!);
    return given!;
  }

  each<T>(field: string, given: readonly T[] | undefined, item: (given?: T) => T, clause: string): T[] {
    check(given!.length, field, '1 or more', 0, clause);
    return given!.map((one) => item(one));
  }

  /**
   * Writes a packet whose remaining length shows only when its fields are written. If one of them is refused, nothing of
   * the packet stays.
   *
   * @param fields writes what follows the fixed header
   * @param following bytes that belong to the packet and that the caller sends behind it
   * @throws {PacketTooLargeError} remaining length over 268,435,455
   */
  packet(first: number, fields: () => void, following = 0): void {
    const before = this.length;
    try {
      this.reserve(5);
      this.offset += 5;
      fields();
      // The header takes two to five bytes: the fields move up to it.
      const { bytes, offset } = this;
      const start = this.start + before;
      const body = putFixedHeader(bytes, start, first, offset - start - 5 + following);
      bytes.copyWithin(body, start + 5, offset);
      this.offset = body + offset - start - 5;
    } catch (error) {
      this.offset = this.start + before;
      throw error;
    }
  }

  /** Writes `data` as it is. */
  append(data: Uint8Array): void {
    this.reserve(data.length);
    copyBytes(data, 0, data.length, this.bytes, this.offset);
    this.offset += data.length;
  }

  /**
   * Goes on in a new slab, with what is not taken yet at its front. It has room for eight turns like the largest since
   * the last one was begun; that it doubles at least what is not taken keeps the copying linear.
   */
  private startSlab(count: number): void {
    const pending = this.length;
    const wanted = pending + count;
    const roomy = Math.min(Math.max(8 * Math.max(this.peak, wanted), SMALLEST_SLAB), LARGEST_SLAB);
    const slab = new Uint8Array(Math.max(roomy, wanted, 2 * pending));
    copyBytes(this.bytes, this.start, this.offset, slab, 0);
    this.bytes = slab;
    this.offset = pending;
    this.start = 0;
    this.peak = 0;
  }
}
