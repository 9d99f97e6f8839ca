import { type Codec, InvalidOptionsError, type SubscribeOptions } from '../index.js';

/**
 * What becomes of an event whose handler failed. `'acknowledge'`: it is done with. `'retry'`: it stays unacknowledged, and the
 * broker sends it again on the next connection, if the session lives on. `'refuse'`: the broker is told, which needs MQTT 5.
 */
export type OnHandlerError = 'acknowledge' | 'retry' | 'refuse';

/**
 * How one handler is subscribed and its messages are acknowledged: the extras of its pattern. Handlers of the same pattern and
 * group share one subscription, so that those of its options that are of MQTT 5 must agree.
 *
 * @example
 * @EventPattern('house/+room/temp', { qos: 1, concurrency: 1 } satisfies MqttHandlerOptions)
 */
export interface MqttHandlerOptions extends SubscribeOptions {
  /** The highest QoS at which messages are wanted. Default: that of the server, 1. */
  readonly qos?: SubscribeOptions['qos'];
  /** The group that shares the messages of this handler; `false`: none. Default: that of the server. */
  readonly sharedGroup?: string | false | undefined;
  /** How many messages it works on at a time, in the order in which they came. Default: that of the server, 100. */
  readonly concurrency?: number | undefined;
  /** What becomes of an event when it failed. Default: that of the server, `'acknowledge'`. Failed requests are answered. */
  readonly onError?: OnHandlerError | undefined;
  /**
   * What makes the data of the payload: `json(schema)`, `text()`, `bytes()`. Default: JSON, else text, out of Nest's envelope
   * if it is in one. With a codec there is no envelope. What does not decode is acknowledged, logged, and not handled.
   */
  readonly payload?: Codec<unknown, never> | undefined;
  /** What writes answers to requests without Nest's envelope. Default: bytes and text as they are, the rest as JSON. */
  readonly answer?: Codec<unknown, never> | undefined;
}

const isCodec = (value: unknown) =>
  typeof (value as Partial<Codec<unknown>> | null)?.encode === 'function' &&
  typeof (value as Partial<Codec<unknown>> | null)?.decode === 'function';
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const isGroup = (value: unknown) => typeof value === 'string' && /^[^/+#\0]+$/.test(value);

const CHECKS: Readonly<
  Record<keyof MqttHandlerOptions, readonly [expected: string, holds: (value: unknown) => boolean]>
> = {
  qos: ['0, 1 or 2', isOneOf(0, 1, 2)],
  noLocal: ['a boolean', isOneOf(true, false)],
  retainAsPublished: ['a boolean', isOneOf(true, false)],
  retainHandling: ['0, 1 or 2', isOneOf(0, 1, 2)],
  sharedGroup: ["a name without '/', '+' and '#', or false", (value) => value === false || isGroup(value)],
  concurrency: [
    'an integer from 1, or Infinity',
    (value) => value === Infinity || (Number.isInteger(value) && (value as number) >= 1),
  ],
  onError: ["'acknowledge', 'retry' or 'refuse'", isOneOf('acknowledge', 'retry', 'refuse')],
  payload: ['a codec such as json(schema)', isCodec],
  answer: ['a codec such as json()', isCodec],
};

/**
 * Takes ours out of what may have options of others beside them, and checks them. Extras of a pattern belong to every
 * transport of a hybrid application, so that others are left alone, unless they are ours but for capitals.
 *
 * @param path what stands before their names in an error
 * @throws {InvalidOptionsError} naming the option
 */
export function checkHandlerOptions(given: object, path = ''): MqttHandlerOptions {
  const names = Object.keys(CHECKS) as (keyof MqttHandlerOptions)[];
  const own: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(given) as [string, unknown][]) {
    const name = names.find((one) => one.toLowerCase() === option.toLowerCase());
    if (name === undefined || value === undefined) continue;
    if (name !== option) throw new InvalidOptionsError(path + option, `there is no such option; use ${name}`);
    const [expected, holds] = CHECKS[name];
    if (!holds(value)) throw new InvalidOptionsError(path + name, `expected ${expected}, got ${shown(value)}`);
    own[name] = value;
  }
  return own;
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : typeof value;
}
