/**
 * The number of levels in the prefix of a topic filter, which brokers strip: 2 for `$share/<group>/` (a shared
 * subscription), 1 for EMQX's `$queue/` (a shared subscription without groups) and `$exclusive/` (one subscriber at
 * most), else 0.
 */
export function prefixLevels(levels: readonly string[]): number {
  const [first] = levels;
  if (levels.length < 2) return 0;
  if (first === '$share') return 2;
  return first === '$queue' || first === '$exclusive' ? 1 : 0;
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
