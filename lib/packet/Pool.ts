import { copyBytes } from './copyBytes.js';
import { NO_BYTES } from './noBytes.js';

/** Memory that copies share: they lie back to back in a block. What was handed out is never written to again. */
export class Pool {
  private block: Uint8Array = NO_BYTES;
  private used = 0;

  /** @param onBlock called with each new block, before anything lies in it */
  constructor(private readonly onBlock: (block: ArrayBufferLike) => void) {}

  /**
   * Copies `bytes[start, end)`.
   *
   * @param size of the block that is made when the present one has no room; larger if the copy is
   */
  copy(bytes: Uint8Array, start: number, end: number, size: number): Uint8Array {
    const length = end - start;
    if (this.used + length > this.block.length) {
      this.block = new Uint8Array(Math.max(size, length));
      this.used = 0;
      this.onBlock(this.block.buffer);
    }
    const { block, used } = this;
    copyBytes(bytes, start, end, block, used);
    this.used += length;
    return new Uint8Array(block.buffer, used, length);
  }
}
