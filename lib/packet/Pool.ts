import { copyBytes } from './copyBytes.js';
import { NO_BYTES } from './noBytes.js';

/** What small payloads lie in, back to back: at most 64 times the smallest that is handed out as a view of it. */
const BLOCK = 4_096;

/**
 * Memory for payloads so small beside the chunk in which they came that they would pin too much of it, and for small
 * packets that came in pieces. Memory of its own for each of them is what costs most in receiving it.
 *
 * The bytes from `start` on are free. Those before it were handed out and are never written to again.
 */
export class Pool {
  bytes: Uint8Array = NO_BYTES;
  start = 0;

  /**
   * Puts `bytes[start, end)` behind the first `kept` of the free bytes, which are in use but not handed out.
   * @param size of the block that is begun when the present one has no room; larger if it must be
   */
  append(bytes: Uint8Array, start: number, end: number, kept: number, size = BLOCK): void {
    const count = kept + end - start;
    if (this.start + count > this.bytes.length) {
      const block = new Uint8Array(Math.max(size, count)); // of a chunk of megabytes 64 kB are a small part
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
}
