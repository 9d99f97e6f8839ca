import { InvalidArgumentError } from '../errors.js';
import type { TopicFilter } from './TopicFilter.js';
import { innerFilter } from './innerFilter.js';
import { invalidText } from './invalidText.js';
import { type NamedLevel, type Params, parseFilter } from './namedWildcards.js';
import { refuseTopic } from './refuseTopic.js';
import { checkTopicName } from './topicName.js';

/** What a codec looks like to those who only hand it on; see `Codec`. */
export interface AnyCodec<V, In> {
  readonly encode: (value: In) => Uint8Array | string;
  readonly decode: (message: never) => V;
  readonly contentType?: string | undefined;
}

/** What can be published without a codec. */
export type PlainPayload = string | Uint8Array | undefined;

/** How the messages of a topic are published and asked for. */
export interface TopicDefinition<V, In> {
  /** What makes payloads of values, and values of payloads. Default: none; payloads are text or bytes. */
  readonly payload?: AnyCodec<V, In> | undefined;
  /** Default 0. */
  readonly qos?: 0 | 1 | 2 | undefined;
  /** Whether the broker keeps what is published for later subscribers. Default `false`. */
  readonly retain?: boolean | undefined;
}

/**
 * A family of topics as a value, made by `topic()`: a filter to listen to, names to publish to, and what their messages are.
 *
 * @typeParam F the filter as it was written
 * @typeParam V what its codec makes of payloads
 * @typeParam In what its codec makes payloads of
 */
export interface Topic<F extends string, V = unknown, In = PlainPayload> extends TopicDefinition<V, In> {
  /** The filter as it was written, with the names of its wildcards. */
  readonly pattern: F;
  /** The filter as brokers know it: for `client.subscribe(…)` and `client.unsubscribe(…)`. */
  readonly filter: string;
  /**
   * One topic of the family, to publish to: `client.publish(temperature.name({ room: 'attic' }), value)`. A prefix such as
   * `$share/<group>/` is left out.
   *
   * No parameter has an empty level, `+`, `#`, U+0000 or a lone surrogate; that of a `+` has no `/`; the first level does not
   * begin with `$`, because wildcards do not match that [MQTT-4.7.2-1].
   *
   * @throws {InvalidTopicError} naming the parameter; or a wildcard has no name, or the topic name is too long
   */
  readonly name: (...params: NameParams<F>) => NamedTopic<In>;
}

/** One topic name, and how to publish to it. */
export interface NamedTopic<In> extends TopicDefinition<unknown, In> {
  readonly topic: string;
  /** The filter of the family that it is of, as it was written. */
  readonly pattern?: string | undefined;
}

/** The parameters of `Topic.name`: those that the compiler knows by name, if it knows the filter. */
export type NameParams<F extends string> = `/${F}/` extends `${string}/${'+' | '#'}/${string}`
  ? ['a wildcard has no name: write +name or #name']
  : string extends keyof Params<F>
    ? [params?: Params<F>]
    : [keyof Params<F>] extends [never]
      ? []
      : [params: Params<F>];

const CHECKS: Readonly<
  Record<keyof TopicDefinition<unknown, never>, readonly [expected: string, (given: unknown) => boolean]>
> = {
  payload: ['a codec such as json(schema)', isCodec],
  qos: ['0, 1 or 2', (qos) => qos === 0 || qos === 1 || qos === 2],
  retain: ['a boolean', (retain) => typeof retain === 'boolean'],
};

/**
 * Makes a topic a value: said once what its messages are, and used to listen and to publish.
 *
 * @param pattern a topic filter; wildcards with names are what `name` fills in
 * @throws {InvalidTopicError} the pattern is no topic filter
 * @throws {InvalidArgumentError} an option is none, or wrong
 * @example
 * const temperature = topic('house/+room/temp', { payload: json(Temperature), qos: 1, retain: true });
 * client.topic$(temperature).subscribe(({ params, value }) => console.log(params.room, value.celsius));
 * client.publish(temperature.name({ room: 'attic' }), { celsius: 27.4 }).subscribe();
 */
export function topic<F extends string, V = unknown, In = PlainPayload>(
  pattern: TopicFilter<F>,
  options: TopicDefinition<V, In> = {},
): Topic<F, V, In> {
  const { filter, names } = parseFilter(pattern);
  const own = checked(options);
  const levels = innerFilter(filter).split('/');
  const name = (params?: Readonly<Record<string, unknown>>): NamedTopic<In> =>
    Object.freeze({ ...own, pattern, topic: nameOf(pattern, levels, names, params ?? {}) });
  return Object.freeze({ ...own, pattern: pattern as F, filter, name: name as Topic<F, V, In>['name'] });
}

/** Whether something has the methods of a codec. Schemas of zod have such methods as well, and are none: `json(schema)` is. */
export function isCodec(value: unknown): value is AnyCodec<unknown, never> {
  const { encode, decode, '~standard': schema } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof encode === 'function' && typeof decode === 'function' && schema === undefined;
}

/** A copy of the options, without those that are not given. @throws {InvalidArgumentError} */
function checked<V, In>(options: TopicDefinition<V, In>): TopicDefinition<V, In> {
  const own: Record<string, unknown> = {};
  for (const [option, given] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, option)) {
      const known = Object.keys(CHECKS).join(', ');
      throw new InvalidArgumentError(option, `there is no such option of a topic; there are ${known}`);
    }
    const [expected, isRight] = CHECKS[option as keyof typeof CHECKS];
    if (given === undefined) continue;
    if (!isRight(given)) throw new InvalidArgumentError(option, `expected ${expected}, got ${typeof given}`);
    own[option] = given;
  }
  return own;
}

/** @param levels of the filter, without a prefix */
function nameOf(
  pattern: string,
  levels: readonly string[],
  names: readonly NamedLevel[],
  params: Readonly<Record<string, unknown>>,
): string {
  const filled = [...levels];
  for (const named of names) {
    const value = Object.hasOwn(params, named.name) ? params[named.name] : undefined;
    const fault = invalidParam(value, named);
    refuseTopic(pattern, fault && `the parameter ${named.name}: ${fault}`);
    filled[named.level] = value as string;
  }
  const unnamed = levels.findIndex((level, i) => /^[+#]$/.test(level) && names.every((named) => named.level !== i));
  refuseTopic(pattern, unnamed < 0 ? undefined : `a "${levels[unnamed]}" has no name, and so no parameter fills it in`);
  const name = filled.join('/');
  checkTopicName(name);
  return name;
}

/** Says why a wildcard cannot stand for a value. */
function invalidParam(value: unknown, { level, rest }: NamedLevel): string | undefined {
  if (value === '') return 'an empty level is most likely a mistake; write such a topic name as a string';
  const fault = invalidText(value, 'name');
  if (fault !== undefined) return fault;
  const text = value as string;
  if (!rest && text.includes('/')) return `"/" is not allowed: "+" stands for one level [MQTT-4.7.1-3]`;
  if (text.split('/').includes(''))
    return `an empty level in ${JSON.stringify(text)} is most likely a mistake; write such a topic name as a string`;
  return level === 0 && text.startsWith('$')
    ? 'wildcards in the first level do not stand for "$…" [MQTT-4.7.2-1]'
    : undefined;
}
