import { copyBytes } from './copyBytes.js';
import { NO_BYTES } from './noBytes.js';

/** Packets up to this size are put together in memory that is used again. */
const SMALL = 256;
/** So many bytes are believed in at first, whatever came. */
const BELIEVED = 65_536;
/** There is room for this many times the bytes that came. */
const GROWTH = 16;

/**
 * The beginning of a packet whose end has not come yet.
 *
 * Its bytes are copied to where they will stay, unless they are few. Its header may claim much more than ever comes, so
 * the memory grows with what comes; in large steps, so that nearly every byte is copied once.
 */
export class Pieces {
  /** Of a packet that is complete and not small nothing else. */
  bytes: Uint8Array = NO_BYTES;
  /** How many of them came. */
  count = 0;
  /** The largest packet that came so far: another one as large is believed in. */
  private believed = BELIEVED;

  /** Adds `source[start, end)`. @param wanted how many bytes there will be, these among them, as far as is known */
  append(source: Uint8Array, start: number, end: number, wanted: number): void {
    const { bytes, count } = this;
    this.count += end - start;
    if (this.count > bytes.length) {
      this.bytes = this.allocate(Math.max(SMALL, Math.min(wanted, Math.max(this.believed, GROWTH * this.count))));
      copyBytes(bytes, 0, count, this.bytes, 0);
    }
    if (source.buffer !== this.bytes.buffer) copyBytes(source, start, end, this.bytes, count); // else it came where it belongs
  }

  /** Makes memory, which may hold anything. A transport that receives there knows cheaper memory than that of zeros. */
  allocate(size: number): Uint8Array {
    return new Uint8Array(size);
  }

  /** Forgets it. @returns whether its bytes will be written to again */
  drop(): boolean {
    const areLent = this.bytes.length <= SMALL;
    this.believed = Math.max(this.believed, this.count);
    this.count = 0;
    if (!areLent) this.bytes = NO_BYTES;
    return areLent;
  }
}
