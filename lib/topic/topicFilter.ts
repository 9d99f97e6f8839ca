import { invalidText } from './invalidText.js';

const SHARED = 'expected $share/<group>/<filter>';

/**
 * Says why `filter` is not a topic filter, or `undefined` if it is one. As for a topic name, but `+` may be a whole
 * level [MQTT-4.7.1-3] and `#` may be the whole last level [MQTT-4.7.1-2]. What begins with `$share/` must be
 * `$share/<group>/<filter>`, with a group that is neither empty nor contains a wildcard, and a filter that is valid.
 * Levels are counted from 1, the two of `$share/<group>` included.
 *
 * @example
 * invalidTopicFilter('room/+/temp'); // undefined
 * invalidTopicFilter('a/#/b');       // 'level 2 of 3: "#" must be the last level [MQTT-4.7.1-2]'
 */
export function invalidTopicFilter(filter: unknown): string | undefined {
  return invalidText(filter, 'filter') ?? invalidLevels((filter as string).split('/'));
}

/** The same of the levels of a filter that is well-formed text. */
export function invalidLevels(levels: readonly string[]): string | undefined {
  const shared = levels[0] === '$share' && levels.length > 1;
  return (shared ? invalidShare(levels) : undefined) ?? invalidWildcard(levels, shared ? 2 : 0);
}

function invalidShare([, group = '', ...inner]: readonly string[]): string | undefined {
  if (group === '') return `level 2: the group of a shared subscription is empty; ${SHARED}`;
  const wildcard = /[+#]/.exec(group);
  if (wildcard) return `level 2: "${wildcard[0]}" is not allowed in the group of a shared subscription; ${SHARED}`;
  if (inner.length === 0) return `nothing follows the group of the shared subscription; ${SHARED}`;
  if (inner.length === 1 && inner[0] === '') return `level 3: the filter after the group is empty; ${SHARED}`;
  return undefined;
}

function invalidWildcard(levels: readonly string[], start: number): string | undefined {
  for (let i = start; i < levels.length; i++) {
    const level = levels[i]!;
    const where = `level ${i + 1} of ${levels.length}`;
    if (level === '#' && i < levels.length - 1) return `${where}: "#" must be the last level [MQTT-4.7.1-2]`;
    if (level.length < 2) continue;
    if (level.includes('#')) return `${where}: "#" must occupy the whole level [MQTT-4.7.1-2]`;
    if (level.includes('+')) return `${where}: "+" must occupy the whole level [MQTT-4.7.1-3]`;
  }
  return undefined;
}
