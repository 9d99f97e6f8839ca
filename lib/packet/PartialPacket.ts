import { copyBytes } from './copyBytes.js';

const NOTHING = new Uint8Array(0);
/** What a reused buffer is made with: so little is held inside its object, which is cheap for idle clients. */
const SMALLEST = 64;
/** Packets up to this size are put together in one reused buffer, and their payloads are copied. */
const REUSED = 1024;
/** Memory is not set aside on a peer's word alone: beyond this, only as its bytes come in. */
const TRUSTED = 65_536;

/**
 * The beginning of a packet whose end has not come yet.
 *
 * The buffer at most doubles when it is full, and ends at exactly the packet's size. Each byte is copied three times
 * at most, whatever the size of the chunks, and none of them is held.
 */
export class PartialPacket {
  /** The bytes gathered, and room for more. */
  bytes: Uint8Array = NOTHING;
  /** How many bytes there are. */
  length = 0;
  /** How many there must be before it is worth to look again; 0: no packet has begun. */
  wanted = 0;
  private reused: Uint8Array = NOTHING;

  /** Begins a packet. */
  begin(wanted: number): void {
    this.wanted = wanted;
    this.length = 0;
    if (this.reused.length === 0) this.reused = new Uint8Array(SMALLEST);
    this.bytes = this.reused;
  }

  /** Whether the next packet will be written over this one. */
  get isReused(): boolean {
    return this.bytes === this.reused;
  }

  /** Adds `chunk[start, end)`, which is not more than is wanted. */
  append(chunk: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.length) this.grow(length);
    copyBytes(chunk, start, end, this.bytes, this.length);
    this.length = length;
  }

  /** Forgets the packet and returns its buffer, of which payloads may become views unless it is reused. */
  end(): Uint8Array {
    const { bytes } = this;
    this.bytes = NOTHING;
    this.wanted = this.length = 0;
    return bytes;
  }

  private grow(length: number): void {
    const size = Math.min(this.wanted, Math.max(length, 2 * this.bytes.length, TRUSTED));
    const bytes = new Uint8Array(size <= REUSED ? REUSED : size);
    if (size <= REUSED) this.reused = bytes;
    copyBytes(this.bytes, 0, this.length, bytes, 0);
    this.bytes = bytes;
  }
}
