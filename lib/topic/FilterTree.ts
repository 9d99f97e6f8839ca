import { innerFilter } from './innerFilter.js';
import { TopicCache } from './TopicCache.js';
import { WildcardTrie } from './WildcardTrie.js';

/** What is filed under one inner filter: `x`, `$share/a/x` and `$share/b/x` share a route. Replaced, never changed. */
interface Route<T> {
  readonly entries: ReadonlyMap<string, T>;
  readonly values: readonly T[];
}

const NOTHING: readonly never[] = Object.freeze([]);

/**
 * A map from topic filter to value that is also asked by topic: `match` gives the values of all filters that match.
 * What that costs does not depend on how many filters there are: filters without wildcards are found by one look-up,
 * those with wildcards by a walk down a trie, and a topic that was asked for before by one look-up again.
 *
 * Shared subscriptions are keys of their own and are matched by their inner filter. Filters must be valid; see
 * `checkTopicFilter`.
 *
 * @example
 * const tree = new FilterTree<string>();
 * tree.set('room/+/temp', 'temperature');
 * tree.set('$share/g/room/#', 'all');
 * tree.match('room/1/temp'); // ['temperature', 'all'], in no particular order
 */
export class FilterTree<T> implements Iterable<[filter: string, value: T]> {
  readonly #entries = new Map<string, T>();
  readonly #exact = new Map<string, Route<T>>();
  readonly #wildcards = new WildcardTrie<Route<T>>();
  /** Used only while there are wildcards: without them `#exact` is as fast. */
  readonly #cache = new TopicCache<readonly T[]>();

  /** The filters held. */
  get size(): number {
    return this.#entries.size;
  }

  /** The nodes held, exact filters and `#` counting as one each: 0 exactly when the tree is empty. For specs that look for leaks. */
  get nodeCount(): number {
    return this.#exact.size + this.#wildcards.nodeCount;
  }

  get(filter: string): T | undefined {
    return this.#entries.get(filter);
  }

  /** Files `value` under `filter`, in place of the value that was there. */
  set(filter: string, value: T): void {
    this.#entries.set(filter, value);
    this.#route(filter, [value]);
  }

  /** Forgets `filter` and says whether it was there. */
  delete(filter: string): boolean {
    if (!this.#entries.delete(filter)) return false;
    this.#route(filter, []);
    return true;
  }

  /** The filters with their values, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<[filter: string, value: T]> {
    return this.#entries.entries();
  }

  /**
   * The values of all filters that match a topic name, one for each filter, in no particular order.
   *
   * The array is a snapshot: `set` and `delete` never change it, so one may iterate it while user code subscribes and
   * unsubscribes. It is shared between calls and must not be written to.
   */
  match(topic: string): readonly T[] {
    if (this.#wildcards.isEmpty) return this.#exact.get(topic)?.values ?? NOTHING;
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const routes = this.#wildcards.match(topic);
    const exact = this.#exact.get(topic);
    if (exact !== undefined) routes.push(exact);
    const found = joined(routes);
    this.#cache.set(topic, found);
    return found;
  }

  /** Replaces what the route of `filter` holds for it. Routes are copied: somebody may be iterating the old values. */
  #route(filter: string, value: readonly [T] | readonly []): void {
    const inner = innerFilter(filter);
    const exact = !/[+#]/.test(inner);
    const routes = exact ? this.#exact : this.#wildcards;
    const entries = new Map(routes.get(inner)?.entries);
    entries.delete(filter);
    for (const one of value) entries.set(filter, one);
    if (entries.size > 0) routes.set(inner, { entries, values: Object.freeze([...entries.values()]) });
    else routes.delete(inner);
    // A filter without wildcards concerns one topic; one with them may concern any.
    if (exact) this.#cache.delete(inner);
    else this.#cache.clear();
  }
}

/** Most topics have one route, whose array is used as it is. */
function joined<T>(routes: readonly Route<T>[]): readonly T[] {
  if (routes.length === 0) return NOTHING;
  return routes.length === 1 ? routes[0]!.values : routes.flatMap(({ values }) => values);
}
