import { prefixLevels } from './innerFilter.js';
import { invalidLevels } from './invalidLevels.js';
import { invalidText } from './invalidText.js';
import { refuseTopic } from './refuseTopic.js';

/** A named wildcard, and where its value is in the topic. */
export interface NamedLevel {
  readonly name: string;
  /** The position of the wildcard among the levels of the topic, from 0. A prefix such as `$share/<group>/` does not count. */
  readonly level: number;
  /** Whether it is a `#`: its value is everything from `level` on. */
  readonly rest: boolean;
}

/** A filter as it is sent to the broker, and the names of its wildcards. */
export interface ParsedFilter {
  /** A valid topic filter without names. */
  readonly filter: string;
  /** In the order of the levels; for filters without names always the same frozen empty array. */
  readonly names: readonly NamedLevel[];
}

const NO_NAMES: readonly NamedLevel[] = Object.freeze([]);
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
const WILDCARD_AND_MORE = /^([+#])(.+)$/s;
const NAME = /^[\p{ID_Start}_]\p{ID_Continue}*$/u;

/**
 * Separates a filter from the names of its wildcards. A named wildcard is a level of `+` or `#` and a name: letters,
 * digits and `_`, where the first is not a digit. There are no names in the prefixes `$share/<group>/`, `$queue/` and
 * `$exclusive/`.
 *
 * @throws {InvalidTopicError} if a name is malformed or used twice, or if the filter without its names is not valid
 * @example
 * parseFilter('room/+room/#rest');
 * // { filter: 'room/+/#', names: [{ name: 'room', level: 1, rest: false }, { name: 'rest', level: 2, rest: true }] }
 */
export function parseFilter(filter: unknown): ParsedFilter {
  const levels = typeof filter === 'string' ? filter.split('/') : [];
  const names: NamedLevel[] = [];
  const reason = invalidText(filter, 'filter') ?? moveNames(levels, names) ?? invalidLevels(levels);
  refuseTopic(filter, reason);
  return { filter: levels.join('/'), names: names.length === 0 ? NO_NAMES : Object.freeze(names) };
}

/** Moves the names from the levels of a filter to a list. @returns why a name is wrong, if one is */
function moveNames(levels: string[], names: NamedLevel[]): string | undefined {
  const start = prefixLevels(levels);
  for (let i = start; i < levels.length; i++) {
    const [, wildcard, name] = WILDCARD_AND_MORE.exec(levels[i]!) ?? [];
    if (!wildcard || !name) continue;
    const reason = invalidName(name, names);
    if (reason !== undefined) return `level ${i + 1} of ${levels.length}: ${reason}`;
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
 * The values of named wildcards in a topic, by name. The value of `#` is the remaining levels joined by `/`. It is `''`
 * both when the filter matches the parent level (`a/#rest` and `a`) and when one empty level remains (`a/`).
 *
 * All are own properties, so `__proto__` and `constructor` are names like any other.
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
 * The type of `message.params` for a filter literal: a property for each named wildcard. For a filter that the compiler
 * does not know, any property may be read.
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

// `Found` makes this tail-recursive: TypeScript then allows 1,000 levels instead of 50.
type NamesIn<F extends string, Found extends string = never> = F extends `${infer Level}/${infer Rest}`
  ? NamesIn<Rest, Found | NameOf<Level>>
  : Found | NameOf<F>;

type NameOf<Level extends string> = Level extends `${'+' | '#'}${infer Name}` ? Exclude<Name, ''> : never;
