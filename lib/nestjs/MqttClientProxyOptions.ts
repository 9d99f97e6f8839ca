import type { Deserializer, Serializer } from '@nestjs/microservices';
import { type ClientOptions, InvalidOptionsError, type QoS } from '../index.js';
import { checkHandlerOptions } from './MqttHandlerOptions.js';
import { checkTime } from './MqttServerOptions.js';

/** Options of an `MqttClientProxy`: those of `createClient` with the `server`, and how it speaks. */
export interface MqttClientProxyOptions extends ClientOptions {
  /** The QoS of what is sent and emitted, unless a record says otherwise, and the highest of answers. Default 1. */
  readonly qos?: QoS | undefined;
  /**
   * `'nest'`, default: packets of Nest's MQTT transport, `{ pattern, data, id }`, answered on `<pattern>/reply`. `'plain'`: the
   * data alone, text and bytes as they are and the rest as JSON, as devices understand it; `send` is a request of MQTT 5, with
   * Response Topic and correlation data, and gets one answer.
   */
  readonly format?: 'nest' | 'plain' | undefined;
  /**
   * Milliseconds until `send` must have its first answer, or it errs with a `RequestTimeoutError`. Default 10,000; `Infinity`: no
   * limit.
   */
  readonly timeout?: number | undefined;
  /** Writes Nest's packets. Default: JSON. Not for `'plain'`. */
  readonly serializer?: Serializer | undefined;
  /** Makes a packet of Nest's, `{ response, err, isDisposed, id }`, of an answer. Default: Nest's own. Not for `'plain'`. */
  readonly deserializer?: Deserializer | undefined;
}

/** The options, apart. */
export interface ProxySettings {
  readonly client: ClientOptions;
  readonly qos: QoS;
  readonly format: 'nest' | 'plain';
  readonly timeout: number;
  readonly serializer: Serializer | undefined;
  readonly deserializer: Deserializer | undefined;
}

/** @throws {InvalidOptionsError} naming an option that is ours; `createClient` checks the rest */
export function proxySettings(options: MqttClientProxyOptions): ProxySettings {
  const { qos = 1, format = 'nest', timeout = 10_000, serializer, deserializer, ...client } = options;
  checkHandlerOptions({ qos });
  checkTime('timeout', timeout, 1);
  if (!['nest', 'plain'].includes(format)) {
    throw new InvalidOptionsError('format', `expected 'nest' or 'plain', got ${JSON.stringify(format)}`);
  }
  return { client, qos, format, timeout, serializer, deserializer };
}
