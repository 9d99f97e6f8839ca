import { innerFilter } from './innerFilter.js';
import { Recent } from '../Recent.js';
import { WildcardTrie } from './WildcardTrie.js';

/** Bytes of one generation of the cache. */
const BUDGET = 3_145_728;
/** Bytes of an entry beside its topic and its routes, roughly. */
const OVERHEAD = 96;
/** Longer topics are not remembered. */
const LONGEST = 128;
const NOTHING: readonly never[] = Object.freeze([]);

/**
 * Values filed under topic filters, and found by topic: `match` gives the values of all filters that match.
 * What that costs does not depend on how many filters there are: filters without wildcards are found by one look-up,
 * those with wildcards by a walk down a trie, and a topic that was asked for before by one look-up again.
 *
 * Shared subscriptions are matched by their inner filter: what is filed under `x`, `$share/a/x` and `$share/b/x` is filed
 * under `x`. Filters must be valid; see `invalidTopicFilter`.
 *
 * @example
 * const tree = new FilterTree<{ name: string }>();
 * tree.add('room/+/temp', temperature);
 * tree.add('$share/g/room/#', all);
 * tree.match('room/1/temp'); // [temperature, all], in no particular order
 */
export class FilterTree<V extends object> implements Iterable<V> {
  readonly #values = new Set<V>();
  // Arrays are replaced, never changed: somebody may be iterating them.
  readonly #exact = new Map<string, readonly V[]>();
  readonly #wildcards = new WildcardTrie<readonly V[]>();
  /** What `match` found. Used only while there are wildcards: without them `#exact` is as fast. */
  #cache = new Recent<string, readonly V[]>(BUDGET);

  /** The nodes held, exact filters and `#` counting as one each: 0 exactly when the tree is empty. For specs that look for leaks. */
  get nodeCount(): number {
    return this.#exact.size + this.#wildcards.nodeCount;
  }

  /** The values filed under a filter, or under others that differ from it in the `$share/<group>/` in front alone. */
  get(filter: string): readonly V[] {
    const inner = innerFilter(filter);
    return this.#routes(inner).get(inner) ?? NOTHING;
  }

  /** Files a value that is not in the tree. */
  add(filter: string, value: V): void {
    this.#values.add(value);
    this.#replace(filter, [...this.get(filter), value]);
  }

  /** Forgets a value that was filed under `filter`, and says whether it was there. */
  delete(filter: string, value: V): boolean {
    if (!this.#values.delete(value)) return false;
    this.#replace(
      filter,
      this.get(filter).filter((other) => other !== value),
    );
    return true;
  }

  /** All values, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<V> {
    return this.#values.values();
  }

  /**
   * The values of all filters that match a topic name, in no particular order.
   *
   * The array is a snapshot: `add` and `delete` never change it, so one may iterate it while user code subscribes and
   * unsubscribes. It is shared between calls and must not be written to.
   */
  match(topic: string): readonly V[] {
    if (this.#wildcards.isEmpty) return this.#exact.get(topic) ?? NOTHING;
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const routes = this.#wildcards.match(topic);
    const exact = this.#exact.get(topic);
    if (exact !== undefined) routes.push(exact);
    const found = joined(routes);
    if (topic.length <= LONGEST) this.#cache.set(topic, found, OVERHEAD + 2 * topic.length + 8 * found.length);
    return found;
  }

  #routes(inner: string): Map<string, readonly V[]> | WildcardTrie<readonly V[]> {
    return /[+#]/.test(inner) ? this.#wildcards : this.#exact;
  }

  #replace(filter: string, values: readonly V[]): void {
    const inner = innerFilter(filter);
    const routes = this.#routes(inner);
    if (values.length > 0) routes.set(inner, Object.freeze(values));
    else routes.delete(inner);
    // A filter without wildcards concerns one topic; one with them may concern any.
    if (routes === this.#exact) this.#cache.delete(inner);
    else this.#cache = new Recent(BUDGET);
  }
}

/** Most topics have one route, whose array is used as it is. */
function joined<V>(routes: readonly (readonly V[])[]): readonly V[] {
  if (routes.length === 0) return NOTHING;
  return routes.length === 1 ? routes[0]! : routes.flat();
}
