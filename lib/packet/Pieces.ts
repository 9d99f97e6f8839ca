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

  constructor(private readonly allocate: (size: number) => Uint8Array = (size) => new Uint8Array(size)) {}

  /** The rest of the memory of a packet that is so large that its end is worth a read of its own. */
  get room(): Uint8Array | undefined {
    const { bytes, count } = this;
    return bytes.length < BELIEVED || count === bytes.length ? undefined : bytes.subarray(count);
  }

  /** Adds `source[start, end)`. @param wanted how many bytes there will be, these among them, as far as is known */
  append(source: Uint8Array, start: number, end: number, wanted: number): void {
    const { bytes, count } = this;
    this.count += end - start;
    if (this.count > bytes.length) {
      this.bytes = this.allocate(Math.max(SMALL, Math.min(wanted, Math.max(this.believed, GROWTH * this.count))));
      copyBytes(bytes, 0, count, this.bytes, 0);
    }
    if (source.buffer !== this.bytes.buffer) copyBytes(source, start, end, this.bytes, count); // else it came into `room`
  }

  /** Whether `bytes` will be written to again. */
  get areLent(): boolean {
    return this.bytes.length <= SMALL;
  }

  /** Forgets it. */
  drop(): void {
    this.believed = Math.max(this.believed, this.count);
    if (!this.areLent) this.bytes = NO_BYTES;
    this.count = 0;
  }
}
