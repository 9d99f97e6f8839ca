import { prefixLevels } from './innerFilter.js';
import { invalidLevels } from './invalidLevels.js';
import { invalidText } from './invalidText.js';
import { refuseTopic } from './refuseTopic.js';

/** A wildcard that has a name, and where its value is found in the topic. */
export interface NamedLevel {
  readonly name: string;
  /** The position of the wildcard among the levels of the topic, from 0. A prefix such as `$share/<group>/` does not count. */
  readonly level: number;
  /** Whether it is a `#`, whose value is everything from `level` on. */
  readonly rest: boolean;
}

/** A filter as the broker gets it, and the names that its wildcards had. */
export interface ParsedFilter {
  /** A valid topic filter without names. */
  readonly filter: string;
  /** In the order of the levels. Empty (the same frozen array always) for a filter without names. */
  readonly names: readonly NamedLevel[];
}

const NO_NAMES: readonly NamedLevel[] = Object.freeze([]);
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
const WILDCARD_AND_MORE = /^([+#])(.+)$/s;
const NAME = /^[\p{ID_Start}_]\p{ID_Continue}*$/u;

/**
 * Takes the names off the wildcards of a filter. A level is a named wildcard if it is `+` or `#` followed by letters,
 * digits and `_`, not beginning with a digit. There are no names in the prefixes `$share/<group>/`, `$queue/` and
 * `$exclusive/`.
 *
 * @throws {InvalidTopicError} if a name is malformed or used twice, or if the filter would not be valid without names
 * @example
 * parseFilter('room/+room/#rest');
 * // { filter: 'room/+/#', names: [{ name: 'room', level: 1, rest: false }, { name: 'rest', level: 2, rest: true }] }
 */
export function parseFilter(filter: unknown): ParsedFilter {
  const levels = typeof filter === 'string' ? filter.split('/') : [];
  const names: NamedLevel[] = [];
  const why = invalidText(filter, 'filter') ?? takeNames(levels, names) ?? invalidLevels(levels);
  refuseTopic(filter, why);
  return { filter: levels.join('/'), names: names.length === 0 ? NO_NAMES : Object.freeze(names) };
}

/** Moves the names from the levels of a filter to a list. @returns what is wrong with one */
function takeNames(levels: string[], names: NamedLevel[]): string | undefined {
  const start = prefixLevels(levels);
  for (let i = start; i < levels.length; i++) {
    const [, wildcard, name] = WILDCARD_AND_MORE.exec(levels[i]!) ?? [];
    if (!wildcard || !name) continue;
    const why = invalidName(name, names);
    if (why !== undefined) return `level ${i + 1} of ${levels.length}: ${why}`;
    names.push(Object.freeze({ name, level: i - start, rest: wildcard === '#' }));
    levels[i] = wildcard;
  }
  return undefined;
}

function invalidName(name: string, taken: readonly NamedLevel[]): string | undefined {
  if (!NAME.test(name)) {
    return 'a wildcard must occupy the whole level, or be followed by a name of letters, digits and "_" [MQTT-4.7.1-3]';
  }
  return taken.some((other) => other.name === name) ? `the name "${name}" is already used` : undefined;
}

/**
 * The values of named wildcards in a topic. That of `#` is the remaining levels joined by `/`: `''` both when the filter
 * matched the parent level (`a/#rest` and `a`) and when one empty level is left (`a/`); the topic tells them apart.
 *
 * Names come from the program, values from the network: only values are stored here, always as own properties, so that
 * parameters named `__proto__` or `constructor` are data like any other.
 *
 * @param names from `parseFilter`
 * @param levels the levels of a topic that the filter matches
 */
export function paramsOf(names: readonly NamedLevel[], levels: readonly string[]): Readonly<Record<string, string>> {
  if (names.length === 0) return NO_PARAMS;
  const valueOf = ({ level, rest }: NamedLevel) => (rest ? levels.slice(level).join('/') : (levels[level] ?? ''));
  return Object.fromEntries(names.map((named) => [named.name, valueOf(named)]));
}

/**
 * The type of `message.params`, read off a filter literal. Without named wildcards it has no properties; of a filter
 * that is not known when compiling, any name may be asked for.
 *
 * @example
 * Params<'room/+room/temp'>  // { readonly room: string }
 * Params<'$share/g/+a/#b'>   // { readonly a: string; readonly b: string }
 * Params<string>             // { readonly [name: string]: string }
 */
export type Params<F extends string> = F extends string
  ? string extends F
    ? Readonly<Record<string, string>>
    : Readonly<Record<NamesIn<Inner<F>>, string>>
  : never;

type Inner<F extends string> = F extends
  `$share/${string}/${infer Rest}` | `$queue/${infer Rest}` | `$exclusive/${infer Rest}`
  ? Rest
  : F;

// The names found so far travel as a parameter: a call in tail position may be 1,000 levels deep instead of 50.
type NamesIn<F extends string, Found extends string = never> = F extends `${infer Level}/${infer Rest}`
  ? NamesIn<Rest, Found | NameOf<Level>>
  : Found | NameOf<F>;

type NameOf<Level extends string> = Level extends `${'+' | '#'}${infer Name}` ? Exclude<Name, ''> : never;
