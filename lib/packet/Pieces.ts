import { copyBytes } from './copyBytes.js';
import { NO_BYTES } from './noBytes.js';

/** So many bytes are believed in, whatever came. */
const BELIEVED = 65_536;
/** There is room for this many times the bytes that came. */
const GROWTH = 16;

/**
 * The beginning of a large packet whose end has not come yet.
 *
 * Its bytes are copied to where they will stay. Its header may claim much more than ever comes, so the memory grows with
 * what comes; in large steps, so that nearly every byte is copied once.
 */
export class Pieces {
  private bytes: Uint8Array = NO_BYTES;
  private filled = 0;

  /** Adds `source[start, end)`. @param rest how many bytes the packet still wants, these among them */
  append(source: Uint8Array, start: number, end: number, rest: number): void {
    const { bytes, filled } = this;
    const count = filled + end - start;
    if (count > bytes.length) {
      this.bytes = new Uint8Array(Math.min(filled + rest, Math.max(BELIEVED, GROWTH * count)));
      copyBytes(bytes, 0, filled, this.bytes, 0);
    }
    copyBytes(source, start, end, this.bytes, filled);
    this.filled = count;
  }

  /** Takes the whole packet out. */
  take(): Uint8Array {
    const { bytes } = this;
    this.drop();
    return bytes;
  }

  /** Forgets it. */
  drop(): void {
    this.bytes = NO_BYTES;
    this.filled = 0;
  }
}
