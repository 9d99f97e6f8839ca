import type { MessageProperties } from '../connection/messageProperties.js';
import type { Codec } from '../client/Codec.js';
import { payloadOf } from '../client/encoded.js';
import { Message } from '../client/Message.js';

/** A codec that only reads. */
export type Reader<V> = Codec<V, never>;

/** A codec that only writes. */
export type Writer<In> = Codec<unknown, In>;

/** Options of which some may be left out. */
export type Untold<O, K extends keyof O> = Omit<O, K> & Partial<Pick<O, K>>;

/** A message whose payload was read by a codec. */
export type Decoded<T, M = Message> = M & { readonly value: T };

/** What is published: the payload, and what MQTT 5 says about it. */
export interface Encoded {
  readonly payload: string | Uint8Array | undefined;
  readonly properties: MessageProperties;
}

/** Writes a value by a codec; without one it is the payload itself. @throws {InvalidArgumentError} it cannot be written */
export function encodeBy(codec: Writer<never> | undefined, value: unknown): Encoded {
  if (!codec) return { payload: value as Encoded['payload'], properties: {} };
  const { payload, implied = {} } = payloadOf(codec, value);
  return { payload, properties: implied };
}

/** The message with its `value`, as a codec reads it; without a codec the message as it is. */
export function decodeBy<P>(codec: Reader<unknown> | undefined, message: Message<P>): Message<P> {
  return codec ? Message.withValue(message, codec.decode(message)) : message;
}
