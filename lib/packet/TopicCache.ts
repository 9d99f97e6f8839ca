import { readUtf8 } from './utf8.js';

/** A power of two less one: the bits of a hash that count. */
const SLOTS = 4_095;
/** Longer names are not kept, which bounds the cache to some 1.5 MB where there are thousands of names. */
const LONGEST = 128;

interface Entry {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/**
 * The topic names seen last, by their bytes: a name that comes again costs no decoding, no check and no new string.
 *
 * Each hash has one slot and the last comer takes it, so a peer that sends ever new names gains nothing but misses.
 */
export class TopicCache {
  private readonly slots = new Map<number, Entry>();

  /**
   * The topic name in `bytes[start, end)`.
   *
   * @param field which field it is, for the message
   * @throws {ProtocolError} ill-formed UTF-8, U+0000, empty, wildcards
   */
  read(bytes: Uint8Array, start: number, end: number, field: string): string {
    const length = end - start;
    if (length > LONGEST) return readUtf8(bytes, start, end, field, 'name');
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & SLOTS;
    const entry = this.slots.get(slot);
    if (entry?.bytes.length === length && isAt(entry.bytes, bytes, start)) return entry.name;
    const name = readUtf8(bytes, start, end, field, 'name');
    this.slots.set(slot, { bytes: bytes.slice(start, end), name });
    return name;
  }
}

function isAt(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false;
  }
  return true;
}
