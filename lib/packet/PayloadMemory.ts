import { Pool } from './Pool.js';

/**
 * What becomes of the memory that a packet is read from: a chunk of the stream stays as it is; `lent` memory is written
 * to again; `own` memory was made for this packet and is used for nothing else.
 */
export type MemoryUse = 'chunk' | 'lent' | 'own';

/** Payloads up to this length are always copied, see docs/performance.md. */
const TINY = 64;
/** A payload may pin at most this many times its own length. */
const MAX_PINNED = 64;
/** Payloads up to this length share blocks of one size: at most 64 times the smallest of them … */
const SMALL = 1_024;
const SMALL_BLOCK = 4_096;
/** … and longer ones share blocks of another. */
const BLOCK = 16_384;
/** From this length on a payload is large: it may be a view of 256 kB. */
const LARGE = 4_096;

/**
 * Decides where the payloads of one decoder lie: each is a view of the memory it came in, or a copy.
 *
 * No payload pins more than 64 times its length: a kept payload of 10 bytes must not pin a chunk of 64 kB.
 */
export class PayloadMemory {
  /** What becomes of the memory that the present packet is read from. */
  use: MemoryUse = 'chunk';
  /** How many bytes of large payloads there were so far. */
  large = 0;
  private small: Pool | undefined = undefined;
  private others: Pool | undefined = undefined;

  /** The payload in `bytes[start, end)`: a plain Uint8Array. Nothing writes to it again. */
  payload(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (length <= TINY) return bytes.slice(start, end);
    if (length >= LARGE) this.large += length;
    if (length * MAX_PINNED >= bytes.buffer.byteLength && this.use !== 'lent') {
      return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
    }
    return this.pooled(bytes, start, end);
  }

  /** A copy that shares a block with others. */
  private pooled(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (end - start <= SMALL) return (this.small ??= new Pool()).copy(bytes, start, end, SMALL_BLOCK);
    // Not more than the rest of this chunk: a block with room would stay in memory until another such payload comes.
    const size = Math.min(BLOCK, bytes.length - start);
    return (this.others ??= new Pool()).copy(bytes, start, end, size);
  }
}
