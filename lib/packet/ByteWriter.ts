import { InvalidTopicError, ProtocolError } from '../errors.js';
import { type TextKind, textFault } from '../text.js';
import { check, checkPacketId } from './check.js';
import { copyBytes } from './copyBytes.js';
import type { Fields } from './Fields.js';
import { headerSize, putFixedHeader } from './fixedHeader.js';
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
 * A packet is begun, written field by field, and finished; until then nothing of it counts, so that of one whose fields
 * are refused nothing stays.
 *
 * It writes to a slab, hands out views of it, and starts a new slab when the old one is used up. Slabs grow with what
 * one turn of the event loop writes (512 bytes to 64 KiB, larger only for larger packets) and shrink again,
 * so that neither an idle client holds much nor a busy one allocates often.
 */
export class ByteWriter implements Fields {
  /** The slab. */
  bytes: Uint8Array = NO_BYTES;
  /** Where in the slab that begins which was not taken yet … */
  private start = 0;
  /** … where it ends, and a packet begins that is not finished … */
  private end = 0;
  /** … and where its next byte goes. */
  private offset = 0;
  /** How many bytes are left free for its fixed header. */
  private header = 0;
  /** The most bytes taken at once since the slab was made. */
  private peak = 0;

  /** @param size bytes of the first slab; 0: it is made at the first write */
  constructor(size = 0) {
    if (size > 0) this.bytes = new Uint8Array(size);
  }

  /** Bytes written and not taken yet. */
  get length(): number {
    return this.end - this.start;
  }

  /** Everything written since the last `take`: bytes that are never written to again. */
  take(): Uint8Array {
    const { bytes, start, end } = this;
    const taken = new Uint8Array(bytes.buffer, start, end - start);
    this.peak = Math.max(this.peak, taken.length);
    this.start = end;
    if (bytes.length - end < NEARLY_USED_UP || bytes.length > LARGEST_SLAB) {
      this.bytes = NO_BYTES;
      this.start = this.end = 0;
    }
    return taken;
  }

  /** Begins a packet. @param remaining its remaining length, or a guess: with a good one no byte has to be moved */
  begin(remaining: number): void {
    this.header = headerSize(remaining);
    this.offset = this.end;
    this.reserve(this.header);
    this.offset += this.header;
  }

  /**
   * Finishes a packet: it is written.
   *
   * @param following bytes that belong to the packet and that the caller sends behind it
   * @throws {PacketTooLargeError} remaining length over 268,435,455
   */
  finish(first: number, following = 0): void {
    const length = this.offset - this.end - this.header;
    const size = headerSize(length + following);
    if (size !== this.header) {
      this.reserve(size);
      const body = this.end + this.header;
      this.bytes.copyWithin(this.end + size, body, body + length);
    }
    putFixedHeader(this.bytes, this.end, first, length + following);
    this.end += size + length;
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
    const length = this.putPlain(given!) || this.putText(field, given!, kind);
    this.uint16(field, length);
    this.offset += length;
    return given!;
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
    return given!.map(item);
  }

  /** Writes `data` as it is. */
  append(data: Uint8Array): void {
    this.reserve(data.length);
    copyBytes(data, 0, data.length, this.bytes, this.offset);
    this.offset += data.length;
  }

  /** Puts text behind the two bytes for its length, if it is ASCII that any text may have. @returns its length, or 0 */
  private putPlain(text: string): number {
    if (text.length > 0xffff) return 0;
    this.reserve(2 + text.length);
    const { bytes } = this;
    const at = this.offset + 2;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (!isPlain(unit)) return 0;
      bytes[at + i] = unit;
    }
    return text.length;
  }

  private putText(field: string, text: string, kind: TextKind): number {
    const fault = textFault(text, kind);
    if (fault) {
      const [why, clause] = fault;
      if (kind === 'text') throw new ProtocolError(`${field}: ${why}`, clause);
      throw new InvalidTopicError(text, `${why} [${clause}]`);
    }
    this.reserve(2 + 3 * text.length);
    return encoder.encodeInto(text, this.bytes.subarray(this.offset + 2)).written;
  }

  /** Makes room for `count` bytes from `offset` on. */
  private reserve(count: number): void {
    if (this.offset + count > this.bytes.length) this.startSlab(count);
  }

  /**
   * Goes on in a new slab, with what is not taken yet at its front. It has room for eight turns like the largest since
   * the last one was begun; that it doubles at least what is not taken keeps the copying linear.
   */
  private startSlab(count: number): void {
    const { start } = this;
    const pending = this.offset - start;
    const wanted = pending + count;
    const roomy = Math.min(Math.max(8 * Math.max(this.peak, wanted), SMALLEST_SLAB), LARGEST_SLAB);
    const slab = new Uint8Array(Math.max(roomy, wanted, 2 * pending));
    copyBytes(this.bytes, start, this.offset, slab, 0);
    this.bytes = slab;
    this.offset = pending;
    this.end -= start;
    this.start = 0;
    this.peak = 0;
  }
}

/** Whether a UTF-16 unit is ASCII that any text may have, a topic name as well. */
function isPlain(unit: number): boolean {
  if (unit > 0x2b) return unit <= 0x7f; // nearly all there are
  return unit !== 0 && unit !== 0x23 && unit !== 0x2b;
}
