import { copyBytes } from './copyBytes.js';

const NOTHING = new Uint8Array(0);
/** What a reused buffer is made with: so little is held inside its object, which is cheap for idle clients. */
const SMALLEST = 64;
/** Packets up to this size are put together in one reused buffer, and their payloads are copied. */
const REUSED = 1024;
/** Chunks of at least this size are kept as they are; smaller ones are gathered, or each would cost more than it holds. */
const KEPT = 4096;
/** What small chunks of a large packet are gathered in. */
const BLOCK = 16_384;

/**
 * The beginning of a packet whose end has not come yet.
 *
 * A large packet is kept as a list of its pieces and joined when the last byte is there, because a buffer of the full size
 * that waits for its bytes grows old, and old memory is dear to collect. Each byte is copied twice at most.
 */
export class PartialPacket {
  /** The bytes of a packet that is small, or of which the fixed header is not complete. */
  bytes: Uint8Array = NOTHING;
  /** How many bytes there are. */
  length = 0;
  /** How many there must be before it is worth to look again; 0: no packet has begun. */
  wanted = 0;
  private pieces: Uint8Array[] = [];
  /** Where small chunks of a large packet go, and how many bytes are there. */
  private block: Uint8Array = NOTHING;
  private blockLength = 0;

  /** Begins a packet. */
  begin(wanted: number): void {
    this.wanted = wanted;
    this.length = 0;
    if (this.bytes.length === 0) this.bytes = new Uint8Array(SMALLEST);
  }

  /** Whether the next packet will be written over this one. */
  get isReused(): boolean {
    return this.wanted <= REUSED;
  }

  /** Adds `chunk[start, end)`, which is not more than is wanted. */
  append(chunk: Uint8Array, start: number, end: number): void {
    if (this.wanted > REUSED) this.appendPiece(chunk, start, end);
    else {
      if (this.wanted > this.bytes.length) this.grow();
      copyBytes(chunk, start, end, this.bytes, this.length);
    }
    this.length += end - start;
  }

  /** Forgets the packet and returns its bytes, of which payloads may become views unless they are reused. */
  end(): Uint8Array {
    const bytes = this.isReused ? this.bytes : this.joined();
    this.drop();
    return bytes;
  }

  /** Forgets the packet. */
  drop(): void {
    this.wanted = this.length = this.blockLength = 0;
    this.block = NOTHING;
    if (this.pieces.length > 0) this.pieces = [];
  }

  private grow(): void {
    const bytes = new Uint8Array(REUSED);
    copyBytes(this.bytes, 0, this.length, bytes, 0);
    this.bytes = bytes;
  }

  private appendPiece(chunk: Uint8Array, start: number, end: number): void {
    if (this.pieces.length === 0 && this.blockLength === 0) this.gather(this.bytes, 0, this.length); // the fixed header
    if (end - start < KEPT) return this.gather(chunk, start, end);
    this.closeBlock();
    this.pieces.push(new Uint8Array(chunk.buffer, chunk.byteOffset + start, end - start));
  }

  private gather(chunk: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.blockLength + length > this.block.length) {
      this.closeBlock();
      this.block = new Uint8Array(Math.min(BLOCK, Math.max(SMALLEST, this.wanted - this.length)));
    }
    copyBytes(chunk, start, end, this.block, this.blockLength);
    this.blockLength += length;
  }

  private closeBlock(): void {
    if (this.blockLength > 0) this.pieces.push(new Uint8Array(this.block.buffer, 0, this.blockLength));
    this.block = NOTHING;
    this.blockLength = 0;
  }

  private joined(): Uint8Array {
    this.closeBlock();
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}
