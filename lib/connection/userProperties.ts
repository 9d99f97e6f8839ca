import type { UserProperty } from '../packet/PacketProperties.js';
import { invalidText } from '../topic/invalidText.js';

/** User properties, as a record, a `Map`, or pairs. Pairs and a `Map` keep order, pairs duplicates as well. */
export type UserProperties = Readonly<Record<string, string>> | Iterable<UserProperty>;

/**
 * User properties as pairs.
 *
 * @param refuse called with what is wrong; throws
 */
export function userPropertyPairs(given: unknown, refuse: (why: string) => never): readonly UserProperty[] {
  if (typeof given !== 'object' || given === null) {
    refuse(`expected a record, a Map or pairs, got ${given === null ? 'null' : typeof given}`);
  }
  const pairs = Symbol.iterator in given ? [...(given as Iterable<unknown>)] : Object.entries(given);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) refuse('expected pairs of a name and a value');
    for (const text of pair as unknown[]) {
      const fault = invalidText(text, 'text');
      if (fault !== undefined) refuse(`expected names and values to be text: ${fault}`);
    }
  }
  return pairs as readonly UserProperty[];
}
