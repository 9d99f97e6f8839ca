import { innerFilter } from './innerFilter.js';

/**
 * Whether a topic filter matches a topic name: `+` stands for one level, `#` for all that follow and for the level
 * above them, and neither, at the front, for a level that begins with `$` [MQTT-4.7.2-1]. All else is compared
 * character by character, upper and lower case being different [MQTT-4.7.3-4]; an empty level is a level. A shared
 * subscription `$share/<group>/<filter>` matches what `<filter>` matches.
 *
 * Both must be valid. `FilterTree` gives the same answer for many filters at once.
 *
 * @example
 * matches('sport/#', 'sport');        // true
 * matches('+', '$SYS');               // false
 * matches('$share/g/a/+', 'a/b');     // true
 */
export function matches(filter: string, topic: string): boolean {
  const wanted = innerFilter(filter).split('/');
  const given = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= given.length || (level !== '+' && level !== given[i])) return false;
  }
  return wanted.length === given.length;
}
