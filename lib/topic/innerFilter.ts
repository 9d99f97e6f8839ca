const SHARE = '$share/';

/**
 * The part of a topic filter that topics are compared with: what follows `$share/<group>/` in a shared subscription,
 * and else the filter itself. The broker strips the prefix: a message comes with its plain topic.
 *
 * It is taken off once: in `$share/a/$share/b/x` the inner filter is `$share/b/x`, for topics of that very name.
 *
 * @param filter a valid topic filter, see `invalidTopicFilter`
 */
export function innerFilter(filter: string): string {
  if (!filter.startsWith(SHARE)) return filter;
  const slash = filter.indexOf('/', SHARE.length);
  return slash < 0 ? filter : filter.slice(slash + 1);
}
