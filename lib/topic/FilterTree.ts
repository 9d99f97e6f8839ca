import { Recent } from '../Recent.js';
import { innerFilter } from './innerFilter.js';
import { Route } from './Route.js';
import { SnapshotSet } from './SnapshotSet.js';
import { WildcardTrie } from './WildcardTrie.js';

/** Bytes of one generation of the cache, see `Recent`. */
const BUDGET = 3_145_728;
/** Bytes of a cache entry, as measured, without the characters of its topic and its list of routes. */
const ENTRY_BYTES = 160;
const CHARACTER_BYTES = 2;
const ROUTE_BYTES = 8;
const NO_ROUTES: readonly never[] = Object.freeze([]);

/**
 * Files values under topic filters, and finds them by topic name. The values of one filter are a `Route`; `match` returns
 * the routes of all filters that match a topic.
 *
 * The number of filters hardly affects the cost of `match`. Filters without wildcards are found by one look-up, those
 * with wildcards by a walk down a trie; topics asked for recently are in a cache. A value that is added to or deleted
 * from an existing route costs one look-up, and changes nothing in the cache.
 *
 * Filters with a prefix (see `innerFilter`) are matched without it: `x`, `$share/a/x` and `$share/b/x` are three routes,
 * and the topic `x` finds all of them. Filters must be valid.
 *
 * @example
 * const tree = new FilterTree<{ name: string }>();
 * tree.add('room/+/temp', temperature);
 * tree.add('$share/g/room/#', all);
 * tree.match('room/1/temp').flatMap((route) => route.values); // temperature and all, in no particular order
 */
export class FilterTree<V extends object> implements Iterable<V> {
  /** By whole filter. */
  readonly #routes = new Map<string, Route<V>>();
  /** By inner filter: those without wildcards, and those with. */
  readonly #exact = new Map<string, SnapshotSet<Route<V>>>();
  readonly #wildcards = new WildcardTrie<SnapshotSet<Route<V>>>();
  /** The results of `match`. Not used while there are no wildcards: `#exact` is as fast. */
  #cache = new Recent<string, readonly Route<V>[]>(BUDGET);

  /**
   * The number of nodes, where a filter without wildcards counts as one: 0 exactly when the tree is empty. For specs
   * that look for leaks.
   */
  get nodeCount(): number {
    return this.#exact.size + this.#wildcards.nodeCount;
  }

  /** The route of exactly this filter, prefix included; `undefined` if it has no values. */
  route(filter: string): Route<V> | undefined {
    return this.#routes.get(filter);
  }

  /** All routes, in the order in which their filters were added. Later changes do not affect the result. */
  routes(): Iterable<Route<V>> {
    return [...this.#routes.values()];
  }

  /** All values, those of one filter together. Later changes do not affect the iteration. */
  [Symbol.iterator](): IterableIterator<V> {
    return [...this.#routes.values()].flatMap(({ values }) => values).values();
  }

  /** Files a value that is not in the tree. @returns the route that it is in now */
  add(filter: string, value: V): Route<V> {
    let route = this.#routes.get(filter);
    if (!route) {
      route = new Route(filter);
      this.#open(route);
    }
    route.add(value);
    return route;
  }

  /** Removes a value that was filed under `filter`. @returns whether it was there */
  delete(filter: string, value: V): boolean {
    const route = this.#routes.get(filter);
    if (!route?.delete(value)) return false;
    if (route.size === 0) this.#close(route);
    return true;
  }

  /**
   * The routes of all filters that match a topic name, in no particular order.
   *
   * The array is a snapshot that calls share: `add` and `delete` never change it, and callers must not. A route whose
   * last value is deleted stays in snapshots taken before, without values.
   */
  match(topic: string): readonly Route<V>[] {
    if (this.#wildcards.isEmpty) return this.#exact.get(topic)?.snapshot ?? NO_ROUTES;
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const found = this.#wildcards.match(topic);
    const exact = this.#exact.get(topic);
    if (exact !== undefined) found.push(exact);
    const routes = joined(found);
    this.#cache.set(topic, routes, ENTRY_BYTES + CHARACTER_BYTES * topic.length + ROUTE_BYTES * routes.length);
    return routes;
  }

  #open(route: Route<V>): void {
    this.#routes.set(route.filter, route);
    const inner = innerFilter(route.filter);
    const sets = this.#setsOf(inner);
    let set = sets.get(inner);
    if (!set) sets.set(inner, (set = new SnapshotSet()));
    set.add(route);
    this.#invalidate(inner);
  }

  #close(route: Route<V>): void {
    this.#routes.delete(route.filter);
    const inner = innerFilter(route.filter);
    const sets = this.#setsOf(inner);
    const set = sets.get(inner)!;
    set.delete(route);
    if (set.size === 0) sets.delete(inner);
    this.#invalidate(inner);
  }

  #setsOf(inner: string): Map<string, SnapshotSet<Route<V>>> | WildcardTrie<SnapshotSet<Route<V>>> {
    return hasWildcard(inner) ? this.#wildcards : this.#exact;
  }

  /** A filter without wildcards affects one topic in the cache; one with wildcards may affect any. */
  #invalidate(inner: string): void {
    if (hasWildcard(inner)) this.#cache = new Recent(BUDGET);
    else this.#cache.delete(inner);
  }
}

function hasWildcard(inner: string): boolean {
  return /[+#]/.test(inner);
}

/** The members of all sets. Most topics match one set, whose snapshot is returned as it is. */
function joined<T>(sets: readonly SnapshotSet<T>[]): readonly T[] {
  if (sets.length === 0) return NO_ROUTES;
  if (sets.length === 1) return sets[0]!.snapshot;
  return [...sets.flatMap(({ snapshot }) => snapshot)]; // a copy of exact size: it stays in the cache
}
