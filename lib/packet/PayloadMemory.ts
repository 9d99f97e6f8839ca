import { Pool } from './Pool.js';

/**
 * What becomes of the memory that a packet is read from: a chunk of the stream stays as it is; `lent` memory is written
 * to again; `own` memory was made for this packet and is used for nothing else.
 */
export type MemoryUse = 'chunk' | 'lent' | 'own';

/** Makes a buffer refuse to be transferred to another thread, as `markAsUntransferable` of Node's worker_threads does. */
export type Shield = (buffer: ArrayBufferLike) => void;

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
 * An application may transfer `payload.buffer` to a worker. That takes the memory away from everything else that lies in
 * it. So memory that is shared must refuse to be transferred: with a `shield`, blocks and chunks that payloads are views
 * of are shielded. Without one, no two payloads share memory, and no payload shares memory that is still to be read.
 *
 * No payload pins more than 64 times its length: a kept payload of 10 bytes must not pin a chunk of 64 kB.
 */
export class PayloadMemory {
  /** Read at each use. Without it payloads do not share memory. */
  shield: Shield | undefined = undefined;
  /** What becomes of the memory that the present packet is read from. */
  use: MemoryUse = 'chunk';
  /** How many bytes of large payloads there were so far. */
  large = 0;
  private isChunkShielded = false;
  private small: Pool | undefined = undefined;
  private others: Pool | undefined = undefined;

  /** Packets are read from another chunk from now on. */
  beginChunk(): void {
    this.isChunkShielded = false;
  }

  /** The payload in `bytes[start, end)`: a plain Uint8Array. Nothing writes to it again. */
  payload(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (length <= TINY) return bytes.slice(start, end);
    if (length >= LARGE) this.large += length;
    if (length * MAX_PINNED >= bytes.buffer.byteLength && this.mayView(bytes, end)) {
      return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
    }
    return this.shield ? this.pooled(bytes, start, end) : bytes.slice(start, end);
  }

  /** Whether a payload that ends at `bytes[end]` may be a view of `bytes`. */
  private mayView(bytes: Uint8Array, end: number): boolean {
    if (this.use === 'lent') return false;
    if (this.use === 'chunk' && this.shield) {
      if (!this.isChunkShielded) this.shield(bytes.buffer);
      return (this.isChunkShielded = true);
    }
    // It is alone in its memory: everything before it was read, nothing is behind it, and the buffer has no other part.
    return end === bytes.length && bytes.length === bytes.buffer.byteLength;
  }

  /** A copy that shares a block with others. */
  private pooled(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (end - start <= SMALL) return (this.small ??= this.newPool()).copy(bytes, start, end, SMALL_BLOCK);
    // Not more than the rest of this chunk: a block with room would stay in memory until another such payload comes.
    const size = Math.min(BLOCK, bytes.length - start);
    return (this.others ??= this.newPool()).copy(bytes, start, end, size);
  }

  private newPool(): Pool {
    return new Pool((block) => this.shield?.(block));
  }
}
