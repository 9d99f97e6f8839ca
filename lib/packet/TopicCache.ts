import { Recent } from '../Recent.js';
import { readUtf8 } from './utf8.js';

/** Bytes of one generation of the cache, see `Recent`. */
const BUDGET = 3_145_728;
/** Bytes of an entry without its text, roughly. */
const OVERHEAD = 96;
/** Names of more bytes are not cached. */
const LONGEST = 128;

interface Entry {
  /** One character for each byte of the name. A string needs less memory than a typed array, see docs/performance.md. */
  readonly bytes: string;
  readonly name: string;
}

/**
 * The latest topic names, found by their bytes. A name that comes again is not decoded and checked again, and makes no
 * new string.
 */
export class TopicCache {
  /** By a hash of the bytes. Of two names with the same hash the later one stays. */
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
    hash &= 0x3fff_ffff; // 30 bits, see docs/performance.md
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
