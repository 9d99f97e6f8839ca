import {
  type Context,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
  diag,
  propagation,
} from '@opentelemetry/api';
import type { Message, PublishOptions, UserProperty } from '../everywhere.js';

/** This library takes no more user properties in a message: a trace must not make a publish fail. */
const MOST_PAIRS = 1_000;

const GETTER: TextMapGetter<readonly UserProperty[]> = {
  keys: (pairs) => pairs.map(([name]) => name),
  get: (pairs, key) => pairs.find(([name]) => name === key)?.[1],
};

const SETTER: TextMapSetter<UserProperty[]> = {
  set: (pairs, key, value) => void pairs.push([key, value]),
};

/**
 * The context that a message brought along: of the span that published it, with its baggage. For a message without one,
 * which is any message under MQTT 3.1.1, it is the root context, and not the active one: that is of the code that connected.
 *
 * @example
 * client.topic$('a').subscribe((message) => tracer.startActiveSpan('mine', {}, contextOf(message), work));
 */
export function contextOf({ properties: { userProperties } }: Pick<Message, 'properties'>): Context {
  if (!userProperties) return ROOT_CONTEXT;
  return guarded(ROOT_CONTEXT, () => propagation.extract(ROOT_CONTEXT, userProperties, GETTER));
}

/**
 * Options of a publish whose message brings a context along, in user properties, as the W3C's draft for MQTT says. A context
 * that the application put there by hand stays. MQTT 3.1.1 has no properties, and goes without.
 */
export function withContext(options: PublishOptions | undefined, context: Context): PublishOptions | undefined {
  const added: UserProperty[] = [];
  guarded(undefined, () => propagation.inject(context, added, SETTER));
  const given = options?.properties?.userProperties;
  const pairs = given === undefined ? [] : pairsOf(given);
  if (added.length === 0 || !pairs || pairs.length + added.length > MOST_PAIRS) return options;
  const fields = propagation.fields();
  if (pairs.some((pair: unknown) => Array.isArray(pair) && fields.includes(pair[0] as string))) return options;
  const properties = { ...options?.properties, userProperties: [...pairs, ...added] };
  // With properties of the application's own, MQTT 3.1.1 refuses the publish as it would without ours.
  const propertiesRequired = options?.properties !== undefined && options.propertiesRequired !== false;
  return { ...options, properties, propertiesRequired };
}

/** Calls a propagator. Some throw at malformed input: the error goes to the diagnostics of the API, and costs no message. */
function guarded<R>(otherwise: R, ask: () => R): R {
  try {
    return ask();
  } catch (error) {
    diag.error('tortoise-rx: the propagator failed', error);
    return otherwise;
  }
}

/** User properties as pairs; `undefined` if they are something else, which `publish` then refuses. */
function pairsOf(given: unknown): UserProperty[] | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  return Symbol.iterator in given
    ? [...(given as Iterable<UserProperty>)]
    : Object.entries(given as Record<string, string>);
}
