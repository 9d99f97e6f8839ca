/** The prefixes that brokers strip: first level, and number of levels. */
const PREFIXES: ReadonlyMap<string, number> = new Map([
  ['$share', 2],
  ['$queue', 1],
  ['$exclusive', 1],
]);

/**
 * The number of levels that the prefix of a topic filter takes: 2 for `$share/<group>/` (a shared subscription), 1 for
 * EMQX's `$queue/` (a shared subscription without groups) and `$exclusive/` (at most one subscriber), else 0.
 */
export function prefixLevels(levels: readonly string[]): number {
  return levels.length > 1 ? (PREFIXES.get(levels[0]!) ?? 0) : 0;
}

/**
 * The part of a topic filter that is compared with topics: the filter without its prefix. The broker strips the prefix,
 * and messages carry their plain topic.
 *
 * Only one prefix is removed: the inner filter of `$share/a/$share/b/x` is `$share/b/x`.
 *
 * @param filter a valid topic filter
 */
export function innerFilter(filter: string): string {
  if (!filter.startsWith('$')) return filter;
  const levels = filter.split('/');
  return levels.slice(prefixLevels(levels)).join('/');
}
