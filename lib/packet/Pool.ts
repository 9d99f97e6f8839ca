import { copyBytes } from './copyBytes.js';

const NOTHING = new Uint8Array(0);
/** What small payloads lie in, back to back: at most 64 times the smallest that is handed out as a view of it. */
const BLOCK = 4_096;
/** Packets up to this size share a block. */
const SHARED = 1_024;
/** What a larger packet is gathered in at first: its header may claim much more than ever comes. */
const LARGE = 65_536;

/**
 * Memory for what cannot stay in the chunk in which it came: packets in pieces, and payloads so small beside their chunk
 * that they would pin too much of it. Memory of its own for each of them is what costs most in receiving it.
 *
 * The bytes from `start` on are free. Those before it were handed out and are never written to again.
 */
export class Pool {
  bytes: Uint8Array = NOTHING;
  start = 0;

  /**
   * Puts `bytes[start, end)` behind the `kept` bytes from `this.start` on, which are in use but not handed out.
   *
   * @param size of the whole packet or payload: memory is made to fit it
   */
  append(bytes: Uint8Array, start: number, end: number, kept: number, size: number): void {
    const count = kept + end - start;
    if (this.start + count > this.bytes.length) {
      const block = new Uint8Array(size > SHARED ? Math.min(size, Math.max(LARGE, 4 * count)) : BLOCK);
      copyBytes(this.bytes, this.start, this.start + kept, block, 0);
      this.bytes = block;
      this.start = 0;
    }
    copyBytes(bytes, start, end, this.bytes, this.start + kept);
  }

  /** Hands out the next `length` bytes behind the first `skipped`. */
  view(skipped: number, length: number): Uint8Array {
    const start = this.start + skipped;
    this.start = start + length;
    return new Uint8Array(this.bytes.buffer, start, length);
  }

  /** Lets go of memory that was made for one packet of this size. */
  release(size: number): void {
    if (size > SHARED) {
      this.bytes = NOTHING;
      this.start = 0;
    }
  }
}
