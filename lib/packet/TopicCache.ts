import { readUtf8 } from './utf8.js';

/** So many names are new before those that were not seen meanwhile are forgotten. */
const GENERATION = 16_384;
/** Longer names are not kept, which bounds the cache to some 6 MB where names are ever new. */
const LONGEST = 128;

/**
 * The topic names seen last, found by their bytes: a name that comes again costs no decoding, no check and no new
 * string. Two generations approach "least recently used" without a list to keep in order, as those of the `TopicCache`
 * of filters do; what is kept of a name is the name alone, for where there are thousands each cache line counts.
 */
export class TopicCache {
  /** By a hash of the bytes; of two names with the same the last comer is kept. */
  private young = new Map<number, string>();
  private old = this.young;

  /**
   * The topic name in `bytes[start, end)`.
   *
   * @param field which field it is, for the message
   * @throws {ProtocolError} ill-formed UTF-8, U+0000, empty, wildcards
   */
  read(bytes: Uint8Array, start: number, end: number, field: string): string {
    if (end - start > LONGEST) return readUtf8(bytes, start, end, field, 'name');
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash = (hash ^ (hash >>> 15)) & 0x3fffffff; // no number is smaller to keep than one of 30 bits
    const known = this.young.get(hash);
    if (known !== undefined && isAt(known, bytes, start, end)) return known;
    const aged = this.old.get(hash);
    const name =
      aged !== undefined && isAt(aged, bytes, start, end) ? aged : readUtf8(bytes, start, end, field, 'name');
    if (this.young.size >= GENERATION) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(hash, name);
    return name;
  }
}

/** Whether `bytes[start, end)` is a text in UTF-8. */
function isAt(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      if (bytes[at++] !== point) return false;
      continue;
    }
    point = text.codePointAt(i)!;
    if (point > 0xffff) i++;
    const length = point < 0x800 ? 2 : point > 0xffff ? 4 : 3;
    for (let k = length - 1; k > 0; k--, point >>= 6) if (bytes[at + k] !== (0x80 | (point & 0x3f))) return false;
    if (bytes[at] !== (((0xf00 >> length) & 0xff) | point)) return false;
    at += length;
  }
  return at === end;
}
