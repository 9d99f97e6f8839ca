import { innerFilter } from './innerFilter.js';

/**
 * Whether a topic filter is the name of one topic: it has no wildcard and no prefix such as `$share/<group>/`. Two such
 * filters never match the same topic.
 *
 * @param filter a valid topic filter
 */
export function isTopicName(filter: string): boolean {
  return !/[+#]/.test(filter) && innerFilter(filter) === filter;
}
