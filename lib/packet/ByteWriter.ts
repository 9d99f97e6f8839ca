import { copyBytes } from './copyBytes.js';
import { writeUtf8 } from './utf8.js';

const NOTHING = new Uint8Array(0);
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
export class ByteWriter {
  /** The slab. It changes at `reserve` and `take`. */
  bytes: Uint8Array = NOTHING;
  /** Where in the slab the next byte goes. */
  offset = 0;
  /** Where in the slab that begins which was not taken yet. */
  private start = 0;
  private slabSize: number;
  /** The most bytes taken at once since the slab was made. */
  private peak = 0;

  /** @param size bytes of the first slab, which is made at the first write */
  constructor(size: number = SMALLEST_SLAB) {
    this.slabSize = size;
  }

  /** Bytes written and not taken yet. */
  get length(): number {
    return this.offset - this.start;
  }

  /** Everything written since the last `take`: bytes that are never written to again. */
  take(): Uint8Array {
    const { start, offset } = this;
    if (start === offset) return NOTHING;
    const taken = new Uint8Array(this.bytes.buffer, start, offset - start);
    if (taken.length > this.peak) this.peak = taken.length;
    this.start = offset;
    if (this.bytes.length - offset < NEARLY_USED_UP || this.bytes.length > LARGEST_SLAB) {
      this.bytes = NOTHING;
      this.start = this.offset = 0;
    }
    return taken;
  }

  /** A copy of everything written since the last `take`, in memory of its own. */
  copy(): Uint8Array {
    const copy = new Uint8Array(this.length);
    copyBytes(this.bytes, this.start, this.offset, copy, 0);
    return copy;
  }

  /** Makes room for `count` bytes from `offset` on; `bytes` and `offset` may be others afterwards. */
  reserve(count: number): void {
    if (this.offset + count > this.bytes.length) this.startSlab(count);
  }

  /** Writes one byte; there must be room. */
  writeByte(byte: number): void {
    this.bytes[this.offset++] = byte;
  }

  /** Writes two bytes, the most significant first [MQTT-1.5.2]; there must be room. */
  writeUint16(value: number): void {
    this.bytes[this.offset++] = value >> 8;
    this.bytes[this.offset++] = value;
  }

  /** Writes a length of two bytes and text that was checked, as UTF-8 [MQTT-1.5.3]; there must be room. */
  writeText(text: string): void {
    const at = this.offset + 2;
    const end = writeUtf8(this.bytes, at, text);
    this.writeUint16(end - at);
    this.offset = end;
  }

  /** Writes a length of two bytes and `data`; there must be room. */
  writeBinary(data: Uint8Array): void {
    this.writeUint16(data.length);
    copyBytes(data, 0, data.length, this.bytes, this.offset);
    this.offset += data.length;
  }

  /** Makes room for `data`, and writes it. */
  append(data: Uint8Array): void {
    this.reserve(data.length);
    copyBytes(data, 0, data.length, this.bytes, this.offset);
    this.offset += data.length;
  }

  /** Goes on in a new slab, with what is not taken yet at its front. Doubling keeps the copying linear. */
  private startSlab(count: number): void {
    const pending = this.length;
    const wanted = pending + count;
    if (pending > 0 || count > this.slabSize) {
      while (this.slabSize < wanted && this.slabSize < LARGEST_SLAB) this.slabSize *= 2;
      if (this.bytes.length <= wanted && pending * 2 > this.slabSize) {
        this.slabSize = Math.min(this.slabSize * 2, LARGEST_SLAB);
      }
    } else if (this.peak * 8 <= this.slabSize && this.slabSize > SMALLEST_SLAB) {
      this.slabSize /= 2;
    }
    const slab = new Uint8Array(wanted <= this.slabSize ? this.slabSize : Math.max(wanted, pending * 2));
    copyBytes(this.bytes, this.start, this.offset, slab, 0);
    this.bytes = slab;
    this.offset = pending;
    this.start = 0;
    this.peak = pending;
  }
}
