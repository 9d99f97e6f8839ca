import type { AnyCodec } from '../topic/topic.js';
import type { Message } from './Message.js';

/**
 * Makes payloads of values, and values of payloads: `json()`, `text()`, `bytes()`, or an object of one's own.
 *
 * @typeParam V what a payload becomes
 * @typeParam In what a payload is made of. The two differ where a schema converts
 * @example
 * const celsius: Codec<number> = {
 *   encode: (value) => value.toFixed(1),
 *   decode(message) {
 *     const value = Number(message.text());
 *     if (Number.isNaN(value)) throw new Error('not a number');
 *     return value;
 *   },
 * };
 */
export interface Codec<V, In = V> extends AnyCodec<V, In> {
  /** Text, which is sent as UTF-8, or bytes. What it throws is an error of the publish. */
  readonly encode: (value: In) => Uint8Array | string;
  /**
   * Called once for each message, however many listen with this codec: all of them get the same value. What it throws makes
   * the message undecodable; an `InvalidArgumentError` says that the codec itself is of no use, and ends the stream.
   *
   * @param message as it came. Its `params` are empty: listeners may have given the wildcards different names
   */
  readonly decode: (message: Message<unknown>) => V;
  /** What MQTT 5 is told of the payload, such as `application/json`. Default: nothing. */
  readonly contentType?: string | undefined;
}
