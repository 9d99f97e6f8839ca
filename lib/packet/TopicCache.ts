import { readUtf8 } from './utf8.js';

/** Powers of two: the hash is cut to a slot by a mask. */
const FEWEST_SLOTS = 256;
const MOST_SLOTS = 4_096;
/** Longer names are not kept, which bounds the cache to some 100 kB, and to 1.5 MB where there are thousands of names. */
const LONGEST = 128;

interface Entry {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/**
 * The topic names seen last, by their bytes: a name that comes again costs no decoding, no check and no new string.
 *
 * Each hash has one slot and the last comer takes it, so a peer that sends ever new names gains nothing but misses. Where
 * many are displaced, there are more slots from then on, up to a limit.
 */
export class TopicCache {
  /** It grows with its names: most of a thousand idle clients never receive any. */
  private slots: (Entry | undefined)[] = [];
  private size = FEWEST_SLOTS;
  private displaced = 0;

  /**
   * The topic name in `bytes[start, end)`.
   *
   * @throws {ProtocolError} ill-formed UTF-8, U+0000, empty, wildcards
   */
  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return readUtf8(bytes, start, end, 'topic name', 'name');
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (this.size - 1);
    const entry = this.slots[slot];
    if (entry?.bytes.length === length && isAt(entry.bytes, bytes, start)) return entry.name;
    const name = readUtf8(bytes, start, end, 'topic name', 'name');
    this.slots[slot] = { bytes: bytes.slice(start, end), name };
    if (entry) this.displace();
    return name;
  }

  /** The names come back by themselves: those that are frequent first. */
  private displace(): void {
    if (++this.displaced < this.size || this.size === MOST_SLOTS) return;
    this.displaced = 0;
    this.size *= 4;
    this.slots = new Array<Entry | undefined>(this.size);
  }
}

function isAt(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false;
  }
  return true;
}
