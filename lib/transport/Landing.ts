import { keepPages } from './keepPages.js';
import type { Reader } from './Transport.js';

/** Bytes that are read at once into memory that is lent. Twice as many gain nothing. */
const READ_SIZE = 524_288;
/** Bytes that are read behind a packet that was received where it belongs, until as many come at once. */
const LOOK_SIZE = 4_096;
/** Bytes of a block that large payloads stay in: smaller ones have V8 look for garbage more often. */
const BLOCK = 262_144;
/** With so much memory for a packet in pieces its end is worth a read of its own. */
const LARGE = 65_536;
/** So many bytes of large packets in a chunk are worth a block for the next; with less room a block is used up. */
const WORTH = 16_384;
/** From so many bytes of large packets on it pays that the process keeps memory. */
const MUCH = 33_554_432;
/**
 * What all sockets read into, one after the other, and nobody keeps: memory of its own for each read, as Node makes it,
 * is most of what receiving small packets costs. Pages that were never read into are not there.
 */
let lent: Uint8Array | undefined;

/**
 * Where a socket's bytes are received. Small packets: in memory that is lent, and read into again and again. A stream of
 * large payloads: in blocks, where they can stay. The rest of a packet that is larger still: where it belongs.
 */
export class Landing {
  /** Takes what came. While there is nobody the bytes are lost, so the socket is paused. */
  next: ((chunk: Uint8Array) => void) | undefined = undefined;
  /** Whoever says what is kept; without it everything is only lent. */
  reader: Reader | undefined = undefined;
  private block: Uint8Array | undefined = undefined;
  /** From where on nothing lies in the block that was handed out. */
  private used = 0;
  /** How many bytes of large payloads and of packets in pieces there were so far. */
  private largeBytes = 0;
  /** Whether the next read only looks: another packet as large may follow, whose end is to come where it belongs. */
  private looks = false;

  /** Memory for the next read. To be asked for before each. */
  room(): Uint8Array {
    const { reader, looks } = this;
    const came = reader ? reader.large + reader.pieces.count - this.largeBytes : 0;
    this.largeBytes += came;
    if (this.largeBytes >= MUCH) keepPages();
    const rest = reader && restOf(reader);
    if (rest) {
      this.looks = true;
      return rest;
    }
    if (!looks && came >= WORTH) return this.blockRoom();
    this.block = undefined;
    lent ??= new Uint8Array(READ_SIZE);
    return looks ? lent.subarray(0, LOOK_SIZE) : lent;
  }

  /** Something was received. */
  landed(chunk: Uint8Array): void {
    const isLent = chunk.buffer === lent?.buffer;
    if (isLent && chunk.length >= LOOK_SIZE) this.looks = false;
    if (this.reader) this.reader.isLent = isLent;
    this.next?.(chunk);
    if (chunk.buffer === this.block?.buffer) this.used = chunk.byteOffset + chunk.length;
  }

  private blockRoom(): Uint8Array {
    if (!this.block || BLOCK - this.used < WORTH) {
      this.block = allocate(BLOCK);
      this.used = 0;
    }
    return this.block.subarray(this.used);
  }
}

/** Where the next bytes need not be copied: the rest of the memory of a large packet. */
export function restOf({ pieces: { bytes, count } }: Reader): Uint8Array | undefined {
  return bytes.length < LARGE || count === bytes.length ? undefined : bytes.subarray(count);
}

/** Makes memory that may hold anything. */
export function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}
