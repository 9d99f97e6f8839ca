import { prefixLevels } from './innerFilter.js';

/**
 * Says why these levels are not a topic filter; `undefined` if they are. `+` must be a whole level [MQTT-4.7.1-3], and `#`
 * must be the whole last level [MQTT-4.7.1-2]. Characters and length of the text are not checked here.
 *
 * A valid filter must follow `$share/<group>/`, `$queue/` and `$exclusive/`. The group must not be empty, and must not
 * contain a wildcard. The message counts levels from 1, those of the prefix included.
 *
 * @example
 * invalidLevels(['room', '+', 'temp']); // undefined
 * invalidLevels(['a', '#', 'b']);       // 'level 2 of 3: "#" must be the last level [MQTT-4.7.1-2]'
 */
export function invalidLevels(levels: readonly string[]): string | undefined {
  const start = prefixLevels(levels);
  return (start > 0 ? invalidPrefix(levels, start) : undefined) ?? invalidWildcard(levels, start);
}

function invalidPrefix(levels: readonly string[], start: number): string | undefined {
  const [prefix, group] = levels;
  const expected = `expected ${prefix}/${start === 2 ? '<group>/' : ''}<filter>`;
  if (start === 2) {
    if (group === '') return `level 2: the group of a shared subscription is empty; ${expected}`;
    const wildcard = /[+#]/.exec(group!);
    if (wildcard) return `level 2: "${wildcard[0]}" is not allowed in the group of a shared subscription; ${expected}`;
    if (levels.length === 2) return `nothing follows the group of the shared subscription; ${expected}`;
  }
  const isEmpty = levels.length === start + 1 && levels[start] === '';
  return isEmpty ? `level ${start + 1}: the filter after the prefix is empty; ${expected}` : undefined;
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
