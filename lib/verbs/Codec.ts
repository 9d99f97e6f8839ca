import type { MessageProperties } from '../connection/messageProperties.js';
import { Message } from '../client/Message.js';

/** How values of an application are written as payloads, and read from messages. */
export interface Codec<T> {
  /** The payload for a value. */
  encode(value: T): Uint8Array | string;
  /** The value of a message; throws if it has none. */
  decode(message: Message): T;
  /** What the payload is, a MIME type for instance. An MQTT 5 broker is told. */
  readonly contentType?: string | undefined;
}

/** A message whose payload was read by a codec. */
export type Decoded<T, M = Message> = M & { readonly value: T };

/** What is published: the payload, and what MQTT 5 says about it. */
export interface Encoded {
  readonly payload: string | Uint8Array | undefined;
  readonly properties: MessageProperties;
}

/** Writes a value by a codec; without one it is the payload itself. */
export function encodeBy(codec: Codec<unknown> | undefined, value: unknown): Encoded {
  if (!codec) return { payload: value as Encoded['payload'], properties: {} };
  const payload = codec.encode(value);
  const { contentType } = codec;
  const properties = { contentType, payloadFormatIndicator: typeof payload === 'string' ? (1 as const) : undefined };
  return { payload, properties };
}

/** The message with its `value`, as a codec reads it; without a codec the message as it is. */
export function decodeBy<M extends Message<unknown>>(codec: Codec<unknown> | undefined, message: M): M {
  if (!codec) return message;
  const value = codec.decode(message as Message);
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
