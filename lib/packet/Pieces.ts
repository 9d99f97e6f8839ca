import { copyBytes } from './copyBytes.js';
import { NO_BYTES } from './noBytes.js';
import type { MemoryUse } from './PayloadMemory.js';

/** Packets up to this size are put together in memory that is used again. */
const SMALL = 256;
/** Initial allocation at most: a header may claim more than ever arrives. */
const INITIAL = 65_536;
/** Later the memory has room for at most this many times the bytes that arrived. */
const GROWTH = 16;

/**
 * The beginning of a packet that is not complete.
 *
 * Unless the packet is small, its bytes are copied to memory of its own, where its payload stays. A header may claim more
 * than ever arrives, so this memory grows with what arrived; in large steps, so that nearly every byte is copied once.
 */
export class Pieces {
  /** The memory. When a packet is complete and not small, nothing else is in it. */
  bytes: Uint8Array = NO_BYTES;
  /** How many bytes arrived. */
  count = 0;
  /** The initial allocation at most. It rises to the largest packet so far: another one as large is likely. */
  private initial = INITIAL;

  /** Adds `source[start, end)`. @param wanted how many bytes there will be, these among them, as far as is known */
  append(source: Uint8Array, start: number, end: number, wanted: number): void {
    const { bytes, count } = this;
    this.count += end - start;
    if (this.count > bytes.length) {
      this.bytes = this.allocate(Math.max(SMALL, Math.min(wanted, Math.max(this.initial, GROWTH * this.count))));
      copyBytes(bytes, 0, count, this.bytes, 0);
    }
    // A transport may have received them in this memory already.
    if (source.buffer !== this.bytes.buffer) copyBytes(source, start, end, this.bytes, count);
  }

  /** Makes memory, which may contain anything. A transport may replace this with a cheaper way. */
  allocate(size: number): Uint8Array {
    return new Uint8Array(size);
  }

  /** Forgets the packet. @returns what becomes of the memory it lies in */
  drop(): MemoryUse {
    this.initial = Math.max(this.initial, this.count);
    this.count = 0;
    if (this.bytes.length <= SMALL) return 'lent';
    this.bytes = NO_BYTES;
    return 'own';
  }
}
