import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { InvalidArgumentError, type MqttClient } from '../everywhere.js';
import { Telemetry } from './Telemetry.js';
import { measure } from './measure.js';
import { publishing } from './publishing.js';
import { receiving } from './receiving.js';

/** How a client is instrumented. */
export interface InstrumentOptions {
  /** Where spans go. Default: the provider that the SDK has registered. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Where metrics go. Default: the provider that the SDK has registered. */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * A name with few values for a topic: `house/{room}/temp` for `house/attic/temp`. It becomes a part of the name of spans
   * and an attribute of metrics. Topic names become neither, because there may be any number of them. Default: the filter,
   * for messages that come and for a publish to a topic that is a value; none for other publishes.
   */
  readonly template?: ((topic: string) => string | undefined) | undefined;
  /** Milliseconds between two looks at the counters of the client, 1,000 at least. Default 5,000. */
  readonly period?: number | undefined;
}

/** The most milliseconds of a timer. */
const LONGEST = 2_147_483_647;
const OPTIONS = ['tracerProvider', 'meterProvider', 'template', 'period'];

/**
 * The same client, which tells OpenTelemetry what it does: use it in place of the one that is handed in. Register the SDK
 * before; without an SDK nothing is done, and `publish` and `topic$` are the client's own.
 *
 * - `publish` has a span of kind PRODUCER, from its subscription to its receipt. Under MQTT 5 the message brings its context
 *   along in the user properties `traceparent` and `tracestate`.
 * - Each message of `topic$` is delivered in a span of kind CONSUMER, whose parent is the span that published it. For work
 *   that goes on after `next` there is `traced`.
 * - Metrics are recorded until the client is ended.
 *
 * `consume`, `request`, `respond` and `publishEach` use the client that they are given, and so are traced with this one.
 *
 * @throws {InvalidArgumentError} naming the option
 * @example
 * const client = instrument(createClient('mqtt://localhost', { protocolVersion: 5 }));
 * client.publish('house/attic/temp', '21', { qos: 1 }).subscribe();
 */
export function instrument(client: MqttClient, options: InstrumentOptions = {}): MqttClient {
  const unknown = Object.keys(options).find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(unknown, `there is no such option; there are ${OPTIONS.join(', ')}`);
  }
  const { tracerProvider, meterProvider, template = () => undefined, period = 5_000 } = options;
  if (!(period >= 1_000 && period <= LONGEST)) {
    throw new InvalidArgumentError('period', `expected milliseconds from 1,000 to ${LONGEST}, got ${period}`);
  }
  const telemetry = new Telemetry(client, tracerProvider, meterProvider, template);
  if (telemetry.isMeasured) measure(client, telemetry, period);
  const own = new Map<PropertyKey, unknown>([
    ['publish', publishing(client, telemetry)],
    ['topic$', receiving(client, telemetry)],
  ]);
  return new Proxy(client, {
    get(target, key) {
      if (own.has(key)) return own.get(key);
      const value: unknown = Reflect.get(target, key, target); // its private fields are its own
      if (typeof value !== 'function') return value;
      const bound: unknown = value.bind(target);
      own.set(key, bound); // always the same one
      return bound;
    },
  });
}
