import { innerFilter } from './innerFilter.js';

/**
 * Whether a topic filter matches a topic name. `+` matches any one level; `#` matches all following levels and the
 * parent level. A wildcard in the first level does not match a topic that begins with `$` [MQTT-4.7.2-1]. Other levels
 * must be equal, case included [MQTT-4.7.3-4]; a level may be empty. Prefixes are ignored, see `innerFilter`.
 *
 * Both must be valid. `FilterTree` does the same for many filters at once; this is what specs compare it with.
 *
 * @example
 * matches('sport/#', 'sport');        // true
 * matches('+', '$SYS');               // false
 * matches('$share/g/a/+', 'a/b');     // true
 */
export function matches(filter: string, topic: string): boolean {
  const filterLevels = innerFilter(filter).split('/');
  const topicLevels = topic.split('/');
  if (topic.startsWith('$') && (filterLevels[0] === '+' || filterLevels[0] === '#')) return false;
  for (const [i, level] of filterLevels.entries()) {
    if (level === '#') return true;
    if (i >= topicLevels.length || (level !== '+' && level !== topicLevels[i])) return false;
  }
  return filterLevels.length === topicLevels.length;
}
