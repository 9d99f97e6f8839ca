import type { Reader } from './Transport.js';
import { shield } from './shield.js';

/** Bytes of the memory that is lent. Twice as many gain nothing. */
const LENT_SIZE = 524_288;
/** Bytes of a block at most. */
const BLOCK_SIZE = 262_144;
/** Bytes of large payloads in one chunk from which on the next chunk gets a block. */
const WORTH_A_BLOCK = 16_384;
/** Bytes of a large packet whose memory is kept for a while. */
const MOST_KEPT = 2_097_152;
/** Bytes of a packet from which on its rest is worth a read of its own. */
const LARGE_PACKET = 65_536;

/**
 * Every read gets the same memory, as long as nothing in it has to stay: all sockets of the process use it in turn, and
 * small payloads are copied out of it.
 */
let lent: Uint8Array | undefined;

/**
 * Decides where the bytes of a socket are received: small packets in memory that is lent, a stream of large payloads in
 * blocks, of which the payloads are views, and the rest of a packet that is larger still in that packet's own memory.
 *
 * A socket is never given memory that a payload is a view of: an application may transfer what it was given.
 */
export class Landing {
  /** Takes what came. While it is undefined bytes are lost, so the socket must be paused. */
  next: ((chunk: Uint8Array) => void) | undefined = undefined;
  /** Says what is kept. While it is undefined everything is received in memory that is lent. */
  reader: Reader | undefined = undefined;
  /** Bytes of large payloads and of unfinished packets, up to the last read. */
  private largeBytes = 0;
  /** Whether the last read was into the memory of a large packet: another may follow, which needs no block. */
  private wasLarge = false;
  // The memory of the last two packets of a stream of large ones, until another packet comes, see docs/performance.md.
  private recent: readonly Uint8Array[] = [];

  /** Gives memory for the next read. May throw: there may be no memory left. */
  room(): Uint8Array {
    const { reader } = this;
    if (reader) {
      const rest = restOf(reader);
      const soFar = reader.large + reader.pieces.count;
      const came = soFar - this.largeBytes;
      this.largeBytes = soFar;
      const isBehindLarge = this.wasLarge;
      this.wasLarge = rest !== undefined;
      if (rest) {
        this.keep(reader.pieces.bytes);
        return rest;
      }
      if (!isBehindLarge && this.recent.length > 0) this.recent = [];
      if (!isBehindLarge && came >= WORTH_A_BLOCK) return block(Math.min(2 * came, BLOCK_SIZE)); // what came, and room for a faster stream
    }
    return (lent ??= new Uint8Array(LENT_SIZE)); // no payload is a view of it
  }

  /** Passes on what was received. */
  landed(chunk: Uint8Array): void {
    if (this.reader) this.reader.isLent = chunk.buffer === lent?.buffer;
    this.next?.(chunk);
  }

  private keep(memory: Uint8Array): void {
    const latest = this.recent.at(-1);
    if (memory === latest || memory.length > MOST_KEPT) return;
    this.recent = latest ? [latest, memory] : [memory];
  }
}

/** The rest of the memory of an unfinished large packet: bytes that are received there need not be copied. */
export function restOf({ pieces: { bytes, count } }: Reader): Uint8Array | undefined {
  return bytes.length < LARGE_PACKET || count === bytes.length ? undefined : bytes.subarray(count);
}

/** Makes memory that may hold anything. */
export function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}

function block(size: number): Uint8Array {
  const bytes = allocate(size);
  shield(bytes.buffer);
  return bytes;
}
