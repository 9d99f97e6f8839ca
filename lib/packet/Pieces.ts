import { copyBytes } from './copyBytes.js';

const NOTHING = new Uint8Array(0);
/** Pieces of at least this size stay where they are; smaller ones would each cost more than they hold. */
const KEPT = 4_096;
/** What the smaller ones are gathered in. */
const BLOCK = 16_384;

/**
 * The beginning of a large packet whose end has not come yet.
 *
 * It is kept as a list of its pieces and joined when the last byte is there: a buffer of the full size that waits for its
 * bytes grows old, and old memory is dear to collect. Its header may also claim much more than ever comes. Each byte is
 * copied twice at most.
 */
export class Pieces {
  private list: Uint8Array[] = [];
  /** Where small pieces go, and how many bytes are there. */
  private block: Uint8Array = NOTHING;
  private filled = 0;

  /** Adds `bytes[start, end)`. @param rest how many bytes the packet still wants, these among them */
  append(bytes: Uint8Array, start: number, end: number, rest: number): void {
    const count = end - start;
    if (count >= KEPT) {
      this.closeBlock();
      this.list.push(new Uint8Array(bytes.buffer, bytes.byteOffset + start, count));
      return;
    }
    if (this.filled + count > this.block.length) {
      this.closeBlock();
      this.block = new Uint8Array(Math.min(BLOCK, rest));
    }
    copyBytes(bytes, start, end, this.block, this.filled);
    this.filled += count;
  }

  /** Takes all of it out, in one piece of `length` bytes. */
  join(length: number): Uint8Array {
    this.closeBlock();
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of this.list) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.drop();
    return bytes;
  }

  /** Forgets it. */
  drop(): void {
    this.block = NOTHING;
    this.filled = 0;
    if (this.list.length > 0) this.list = [];
  }

  private closeBlock(): void {
    if (this.filled > 0) this.list.push(new Uint8Array(this.block.buffer, 0, this.filled));
    this.block = NOTHING;
    this.filled = 0;
  }
}
