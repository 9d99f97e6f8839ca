import { prefixLevels } from './innerFilter.js';

/**
 * Whether a topic filter matches a topic name. `+` matches any one level; `#` matches all following levels and the
 * parent level. A wildcard in the first level does not match a topic that begins with `$` [MQTT-4.7.2-1]. Other levels
 * must be equal, case included [MQTT-4.7.3-4]; a level may be empty. The prefixes `$share/<group>/`, `$queue/` and
 * `$exclusive/` are ignored, because the broker strips them.
 *
 * Both must be valid.
 *
 * @example
 * matches('sport/#', 'sport');        // true
 * matches('+', '$SYS');               // false
 * matches('$share/g/a/+', 'a/b');     // true
 */
export function matches(filter: string, topic: string): boolean {
  const levels = filter.split('/');
  const filterLevels = levels.slice(prefixLevels(levels));
  const topicLevels = topic.split('/');
  if (topic.startsWith('$') && (filterLevels[0] === '+' || filterLevels[0] === '#')) return false;
  for (const [i, level] of filterLevels.entries()) {
    if (level === '#') return true;
    if (i >= topicLevels.length || (level !== '+' && level !== topicLevels[i])) return false;
  }
  return filterLevels.length === topicLevels.length;
}
