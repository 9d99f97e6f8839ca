/**
 * A topic filter that the compiler checks: `F` itself, or, for a literal that MQTT forbids, text that says what is wrong with
 * it, to which `F` cannot be assigned. It refuses nothing that is valid. What it cannot see is left to run time: text that
 * is not a literal, the length, and characters of names beyond ASCII.
 *
 * A generic function that passes a filter on takes a `TopicFilter<F>` as well.
 *
 * @example
 * declare function listen<F extends string>(filter: TopicFilter<F>): void;
 * listen('room/+room/#'); // compiles, as listen(anyString) does
 * listen('a/#/b');        // '"a/#/b"' is not assignable to '"invalid topic filter: \"#\" must be the last level"'
 */
export type TopicFilter<F extends string> = F extends string ? Checked<F, FilterFault<F>> : never;

type Checked<F extends string, Fault extends string> = [Fault] extends [never] ? F : `invalid topic filter: ${Fault}`;

type FilterFault<F extends string> =
  IsLiteral<F> extends false
    ? never
    : F extends ''
      ? 'expected at least one character'
      : F extends `${string}\0${string}`
        ? 'U+0000 is not allowed'
        : F extends `$share/${infer Rest}`
          ? SharedFault<Rest>
          : F extends `${'$queue' | '$exclusive'}/${infer Rest}`
            ? InnerFault<Rest>
            : LevelsFault<F>;

/** `a${string}` and `string` are none: a record with such keys demands no property. */
type IsLiteral<S extends string> = object extends Record<S, unknown> ? false : true;

type SharedFault<Rest extends string> = Rest extends `${infer Group}/${infer Inner}`
  ? Group extends '' | `${string}${'+' | '#'}${string}`
    ? 'expected $share/<group>/<filter>, where the group is not empty and has no "+" and "#"'
    : InnerFault<Inner>
  : 'expected $share/<group>/<filter>';

type InnerFault<Inner extends string> = Inner extends '' ? 'nothing follows the prefix' : LevelsFault<Inner>;

// `Taken` makes it tail-recursive, see `NamesIn`; it holds the wildcards that were met, by their names as `+name`.
type LevelsFault<F extends string, Taken extends string = never> = F extends `${infer Level}/${infer Rest}`
  ? Level extends `${string}${'+' | '#'}${string}`
    ? Level extends `#${string}`
      ? '"#" must be the last level'
      : [WildcardFault<Level, Taken>] extends [never]
        ? LevelsFault<Rest, Taken | Level>
        : WildcardFault<Level, Taken>
    : LevelsFault<Rest, Taken>
  : F extends `${string}${'+' | '#'}${string}`
    ? WildcardFault<F, Taken>
    : never;

type WildcardFault<Level extends string, Taken extends string> = Level extends '+' | '#'
  ? never
  : Level extends `${'+' | '#'}${infer Name}`
    ? Name extends `${string}${NotInNames}${string}` | `${Digit}${string}`
      ? 'a wildcard must be a whole level, or have a name of letters, digits and "_"'
      : `+${Name}` extends Taken
        ? `the name "${Name}" is used twice`
        : never
    : '"+" and "#" must be whole levels';

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

// prettier-ignore
type NotInNames =
  | ' ' | '!' | '"' | '#' | '$' | '%' | '&' | "'" | '(' | ')' | '*' | '+' | ',' | '-' | '.' | ':' | ';' | '<' | '='
  | '>' | '?' | '@' | '[' | '\\' | ']' | '^' | '`' | '{' | '|' | '}' | '~' | '\t' | '\n' | '\r';
