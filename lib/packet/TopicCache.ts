import { Recent } from '../Recent.js';
import { readUtf8 } from './utf8.js';

/** Bytes of one generation of the cache. */
const BUDGET = 3_145_728;
/** Bytes of an entry beside its text, roughly. */
const OVERHEAD = 96;
/** Longer names are not remembered. */
const LONGEST = 128;

interface Entry {
  /** A character for each byte: of a name in ASCII the name itself, for a text takes less than a typed array. */
  readonly bytes: string;
  readonly name: string;
}

/**
 * The topic names seen last, found by their bytes: a name that comes again costs no decoding, no check and no new
 * string.
 */
export class TopicCache {
  /** By a hash of the bytes; of two names with the same the last comer is kept. */
  private readonly names = new Recent<number, Entry>(BUDGET);

  /**
   * The topic name in `bytes[start, end)`.
   *
   * @param field which field it is, for the message
   * @throws {ProtocolError} ill-formed UTF-8, U+0000, empty, wildcards
   */
  read(bytes: Uint8Array, start: number, end: number, field: string): string {
    const length = end - start;
    if (length > LONGEST) return readUtf8(bytes.subarray(start, end), field, 'name');
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash = (hash ^ (hash >>> 15)) & 0x3fffffff; // 30 bits: no number is smaller to keep
    const known = this.names.get(hash);
    if (known?.bytes.length === length && isAt(known.bytes, bytes, start)) return known.name;
    const encoded = bytes.subarray(start, end);
    const name = readUtf8(encoded, field, 'name');
    const entry = { bytes: name.length === length ? name : String.fromCharCode(...encoded), name };
    this.names.set(hash, entry, OVERHEAD + 2 * length);
    return name;
  }
}

function isAt(key: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
