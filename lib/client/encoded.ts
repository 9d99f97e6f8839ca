import { isObject } from '../connection/isObject.js';
import type { MessageProperties } from '../connection/messageProperties.js';
import { InvalidArgumentError, isMqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import { checkArgument } from '../stream/checkOption.js';
import { type AnyCodec, type NamedTopic, isCodec } from '../topic/topic.js';

/** What `publish` is asked for, with a payload made of the value. */
interface Encoded {
  readonly topic: string;
  readonly payload: unknown;
  /** Of a topic that is a value. */
  readonly qos?: QoS | undefined;
  readonly retain?: boolean | undefined;
  /** What the codec says about the payload. The application did not ask for it, so MQTT 3.1.1 may leave it out. */
  readonly implied?: MessageProperties | undefined;
}

/**
 * Makes a payload of a value, by the codec of the options or of a topic that is a value. Without a codec the value is the
 * payload.
 *
 * @throws {InvalidArgumentError} there is no such codec, or it cannot encode the value
 */
export function encoded(topic: string | NamedTopic<never>, value: unknown, given: unknown): Encoded {
  const named = isNamed(topic) ? topic : undefined;
  const codec = given ?? named?.payload;
  if (!named && codec === undefined) return { topic: topic as string, payload: value };
  const message = { topic: named ? named.topic : (topic as string), qos: named?.qos, retain: named?.retain };
  if (codec === undefined) return { ...message, payload: value };
  return { ...message, ...payloadOf(codec, value) };
}

/**
 * What a codec makes of a value, and says of it.
 *
 * @throws {InvalidArgumentError} it is none, or cannot encode the value
 */
export function payloadOf(
  codec: unknown,
  value: unknown,
): { payload: string | Uint8Array; implied: Encoded['implied'] } {
  checkArgument(isCodec(codec), 'payload', 'a codec such as json(schema)', typeof codec);
  const payload = encode(codec, value);
  const { contentType } = codec;
  const silent = contentType === undefined ? undefined : { contentType };
  return { payload, implied: typeof payload === 'string' ? { ...silent, payloadFormatIndicator: 1 } : silent };
}

function isNamed(topic: unknown): topic is NamedTopic<never> {
  return isObject(topic) && typeof (topic as Partial<NamedTopic<never>>).topic === 'string';
}

function encode(codec: AnyCodec<unknown, never>, value: unknown): string | Uint8Array {
  let payload: unknown;
  try {
    payload = codec.encode(value as never);
  } catch (cause) {
    if (isMqttError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : `it threw a ${typeof cause}`;
    throw new InvalidArgumentError('value', `the codec cannot encode it: ${why}`, { cause });
  }
  const isPayload = typeof payload === 'string' || payload instanceof Uint8Array;
  checkArgument(isPayload, 'payload', 'a codec whose encode() gives a string or a Uint8Array', typeof payload);
  return payload as string | Uint8Array;
}
