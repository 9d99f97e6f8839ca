import type { UserProperty } from '../packet/PacketProperties.js';
import { MAX_USER_PROPERTIES } from '../packet/properties.js';
import { utf8Length } from '../text.js';
import { invalidText } from '../topic/invalidText.js';

/** User properties, as a record, a `Map`, or pairs. Pairs and a `Map` keep order, pairs duplicates as well. */
export type UserProperties = Readonly<Record<string, string>> | Iterable<UserProperty>;

/** Bytes of all of them. With the other properties of a packet they stay below the limit of the codec. */
const MOST_BYTES = 262_144;
/** Bytes of a pair beside its two texts. */
const BESIDE = 5;
/** The most bytes that a UTF-16 unit takes. */
const LONGEST = 3;

/**
 * User properties as pairs of their own: at most 1,000, and 262,144 bytes.
 *
 * @param refuse called with what is wrong; throws
 */
export function userPropertyPairs(given: unknown, refuse: (why: string) => never): readonly UserProperty[] {
  if (typeof given !== 'object' || given === null) {
    refuse(`expected a record, a Map or pairs, got ${given === null ? 'null' : typeof given}`);
  }
  const pairs = Symbol.iterator in given ? [...(given as Iterable<unknown>)] : Object.entries(given);
  if (pairs.length > MAX_USER_PROPERTIES) refuse(`expected ${MAX_USER_PROPERTIES} pairs at most, got ${pairs.length}`);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) refuse('expected pairs of a name and a value');
    for (const text of pair as unknown[]) {
      const fault = invalidText(text, 'text');
      if (fault !== undefined) refuse(`expected names and values to be text: ${fault}`);
    }
  }
  const own = (pairs as UserProperty[]).map(([name, value]) => [name, value] as const);
  // Most need not be measured.
  const bytes = sizeOf(own, (text) => LONGEST * text.length) > MOST_BYTES ? sizeOf(own, utf8Length) : 0;
  if (bytes > MOST_BYTES) refuse(`expected ${MOST_BYTES} bytes at most, got ${bytes}`);
  return own;
}

function sizeOf(pairs: readonly UserProperty[], lengthOf: (text: string) => number): number {
  return pairs.reduce((sum, [name, value]) => sum + BESIDE + lengthOf(name) + lengthOf(value), 0);
}
