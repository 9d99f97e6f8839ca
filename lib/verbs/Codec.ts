import type { MessageProperties } from '../connection/messageProperties.js';
import { Message } from '../client/Message.js';

/**
 * Makes payloads of values, and values of messages.
 *
 * @typeParam V what a message becomes
 * @typeParam In what a payload is made of
 */
export interface Codec<V, In = V> {
  /** The payload for a value: text, or bytes. */
  readonly encode: (value: In) => Uint8Array | string;
  /** The value of a message; throws if it has none. */
  readonly decode: (message: Message<unknown>) => V;
  /** What the payload is, a MIME type for instance. An MQTT 5 broker is told. */
  readonly contentType?: string | undefined;
}

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

/** Writes a value by a codec; without one it is the payload itself. */
export function encodeBy(codec: Writer<never> | undefined, value: unknown): Encoded {
  if (!codec) return { payload: value as Encoded['payload'], properties: {} };
  const payload = codec.encode(value as never);
  const { contentType } = codec;
  const properties = { contentType, payloadFormatIndicator: typeof payload === 'string' ? (1 as const) : undefined };
  return { payload, properties };
}

/** The message with its `value`, as a codec reads it; without a codec the message as it is. */
export function decodeBy<M extends Message<unknown>>(codec: Reader<unknown> | undefined, message: M): M {
  if (!codec) return message;
  const value = codec.decode(message);
  // Messages are frozen, and keep the names of their wildcards to themselves.
  class DecodedMessage extends Message {
    override get params() {
      return message.params as Message['params'];
    }

    get value() {
      return value;
    }
  }
  const { topic, payload, qos, retain, dup, properties } = message;
  const packet = { type: 'publish', topic, payload, qos, retain, dup, properties, packetId: 0 } as const;
  return new DecodedMessage(packet) as unknown as M;
}
