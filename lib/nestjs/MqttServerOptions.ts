import type { Deserializer, Serializer } from '@nestjs/microservices';
import { type ClientOptions, InvalidOptionsError } from '../index.js';
import { type MqttHandlerOptions, checkHandlerOptions } from './MqttHandlerOptions.js';

/**
 * Options of an `MqttServer`: those of `createClient` with the `server`, defaults for all handlers, and how it speaks with
 * Nest. For a service that must not lose messages while it is away, give a `clientId` and `cleanSession: false`.
 */
export interface MqttServerOptions
  extends ClientOptions, Pick<MqttHandlerOptions, 'qos' | 'sharedGroup' | 'concurrency' | 'onError'> {
  /**
   * Milliseconds that `close()` waits for handlers that run, and for what is unfinished with the broker. Default 10,000;
   * `Infinity` waits for all. What is not done by then stays unacknowledged.
   */
  readonly shutdownTimeout?: number | undefined;
  /** Writes Nest's answers. Default: JSON. */
  readonly serializer?: Serializer | undefined;
  /** Makes a packet of Nest's, `{ pattern, data, id }`, of what came, which was JSON or is text. Default: Nest's own. */
  readonly deserializer?: Deserializer | undefined;
}

/** The options, apart. */
export interface ServerSettings {
  readonly client: ClientOptions;
  readonly handlers: MqttHandlerOptions;
  readonly shutdownTimeout: number;
  readonly serializer: Serializer | undefined;
  readonly deserializer: Deserializer | undefined;
}

/** @throws {InvalidOptionsError} naming an option that is ours; `createClient` checks the rest */
export function serverSettings(options: MqttServerOptions): ServerSettings {
  const {
    qos,
    sharedGroup,
    concurrency,
    onError,
    shutdownTimeout = 10_000,
    serializer,
    deserializer,
    ...client
  } = options;
  const handlers = checkHandlerOptions({ qos, sharedGroup, concurrency, onError });
  checkTime('shutdownTimeout', shutdownTimeout);
  return { client, handlers, shutdownTimeout, serializer, deserializer };
}

/** Longer timers fire at once. */
const LONGEST = 2 ** 31 - 1;

/** @throws {InvalidOptionsError} */
export function checkTime(option: string, value: unknown, least = 0): void {
  const isTime = typeof value === 'number' && value >= least && (value <= LONGEST || value === Infinity);
  if (isTime) return;
  throw new InvalidOptionsError(option, `expected milliseconds from ${least}, or Infinity, got ${String(value)}`);
}
