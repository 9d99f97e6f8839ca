import { InvalidTopicError, ProtocolError } from '../errors.js';
import { type TextKind, textFault } from '../text.js';
import { check, checkPacketId } from './check.js';
import { copyBytes } from './copyBytes.js';
import { NO_BYTES } from './noBytes.js';
import { toUtf8 } from './utf8.js';
import { putVarint, varintSize } from './varint.js';

const SMALLEST_SLAB = 512;
const LARGEST_SLAB = 65_536;
/** A slab with less free room than this is replaced: the few packets that still fit would pin all of it. */
const NEARLY_FULL = 64;

/**
 * A write buffer. Many packets are encoded into it back to back, to leave in one write.
 *
 * A packet is begun, written field by field, and finished. An unfinished packet does not count: when one of its fields is
 * refused, nothing of it stays.
 *
 * The writer fills a slab and hands out views of it. A full slab is replaced. The size of slabs follows what one turn of
 * the event loop writes: 512 bytes to 64 KiB, larger only for larger packets. So an idle client needs little memory and a
 * busy one allocates rarely.
 */
export class ByteWriter {
  /** The slab. */
  bytes: Uint8Array = NO_BYTES;
  /** Where the bytes begin that were not taken yet … */
  private start = 0;
  /** … where they end, which is where the unfinished packet begins … */
  private end = 0;
  /** … and where the next byte of that packet goes. */
  private offset = 0;
  /** How many bytes are reserved for the fixed header of the unfinished packet. */
  private room = 0;
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

  /** Everything written since the last `take`. These bytes are never written to again. */
  take(): Uint8Array {
    const { bytes, start, end } = this;
    const taken = new Uint8Array(bytes.buffer, start, end - start);
    this.peak = Math.max(this.peak, taken.length);
    this.start = end;
    if (bytes.length - end < NEARLY_FULL || bytes.length > LARGEST_SLAB) {
      this.bytes = NO_BYTES;
      this.start = this.end = 0;
    }
    return taken;
  }

  /** Begins a packet. @param room bytes that are reserved for its fixed header */
  begin(room: number): void {
    this.room = room;
    this.offset = this.end;
    this.reserve(room);
    this.offset += room;
  }

  /** Takes back what was written of the unfinished packet behind the first `length` bytes of its body. */
  cut(length: number): void {
    this.offset = this.end + this.room + length;
  }

  /**
   * Puts the length of what was written from `start` on, in bytes of the body, in front of it. One byte is reserved for it
   * there already; if it needs more, what was written is moved.
   */
  prefixLength(start: number): void {
    const length = this.bodyLength - start;
    const more = varintSize(length) - 1;
    this.reserve(more);
    const at = this.end + this.room + start;
    if (more > 0) this.bytes.copyWithin(at + more, at, at + length);
    this.offset += more;
    putVarint(this.bytes, at - 1, length);
  }

  /** How many bytes the unfinished packet has behind its fixed header. */
  get bodyLength(): number {
    return this.offset - this.end - this.room;
  }

  /**
   * Finishes the packet: it counts as written.
   *
   * @param room bytes that its fixed header needs; if `begin` reserved another number, the packet is moved
   * @returns where in `bytes` the fixed header goes
   */
  finish(room: number): number {
    const length = this.bodyLength;
    if (room !== this.room) {
      this.reserve(room);
      const body = this.end + this.room;
      this.bytes.copyWithin(this.end + room, body, body + length);
    }
    const at = this.end;
    this.end += room + length;
    return at;
  }

  /** One byte. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.offset++] = value;
  }

  /** Two bytes, the most significant first (MQTT section 1.5.2). */
  uint16(value: number): void {
    this.reserve(2);
    this.bytes[this.offset++] = value >> 8;
    this.bytes[this.offset++] = value;
  }

  /**
   * Two bytes, a packet identifier.
   *
   * @param clause the statement that asks for it
   * @throws {ProtocolError} it is not 1 to 65,535
   */
  packetId(packetId: number, clause: string): void {
    checkPacketId(packetId, clause);
    this.uint16(packetId);
  }

  /**
   * A length of two bytes and as many bytes of UTF-8 (MQTT section 1.5.3).
   *
   * @throws {InvalidTopicError} a topic that `textFault` refuses
   * @throws {ProtocolError} other text that it refuses
   */
  text(field: string, text: string, kind: TextKind = 'text'): void {
    const length = this.putPlain(text) || this.putText(field, text, kind);
    this.uint16(length);
    this.offset += length;
  }

  /**
   * A length of two bytes and as many bytes.
   *
   * @param clause what limits them to 65,535
   * @throws {ProtocolError} there are more
   */
  binary(field: string, data: Uint8Array, clause: string): void {
    const { length } = data;
    check(length <= 0xffff, `bytes of ${field}`, '65535 at most', length, clause);
    this.uint16(length);
    this.append(data);
  }

  /** Bytes as they are. */
  append(data: Uint8Array): void {
    this.reserve(data.length);
    copyBytes(data, 0, data.length, this.bytes, this.offset);
    this.offset += data.length;
  }

  /**
   * Puts text two bytes behind `offset`, if it is ASCII that every kind of text may have.
   * @returns its length; 0 if it is something else
   */
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

  /** Puts any text two bytes behind `offset`. @returns its length */
  private putText(field: string, text: string, kind: TextKind): number {
    const fault = textFault(text, kind);
    if (fault) {
      const [why, clause] = fault;
      if (kind === 'text') throw new ProtocolError(`${field}: ${why}`, clause);
      throw new InvalidTopicError(text, `${why} [${clause}]`);
    }
    const encoded = toUtf8(text);
    this.reserve(2 + encoded.length);
    this.bytes.set(encoded, this.offset + 2);
    return encoded.length;
  }

  /** Makes room for `count` bytes from `offset` on. */
  private reserve(count: number): void {
    if (this.offset + count > this.bytes.length) this.startSlab(count);
  }

  /**
   * Goes on in a new slab, with the bytes that were not taken yet at its front. It has room for eight turns like the
   * largest since the last slab was made. It is at least twice as large as what is copied, which keeps copying linear.
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

/** Whether a UTF-16 unit is ASCII that every kind of text may have: not U+0000, not #, not +. */
function isPlain(unit: number): boolean {
  if (unit > 0x2b) return unit <= 0x7f; // nearly all units
  return unit !== 0 && unit !== 0x23 && unit !== 0x2b;
}
