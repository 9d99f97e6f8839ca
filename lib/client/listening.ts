import { isObject } from '../connection/isObject.js';
import { checkArgument } from '../stream/checkOption.js';
import { type Topic, isCodec } from '../topic/topic.js';
import type { Codec } from './Codec.js';
import type { Decoding } from './Decoding.js';
import type { TopicOptions } from './SubscribeOptions.js';

/** A topic that is a value, as far as `topic$` needs it. */
type Heard = Pick<Topic<string, unknown, never>, 'pattern' | 'payload' | 'qos'>;

/** What `topic$` is asked for, taken apart. */
interface Listening {
  /** The filter as it was written. */
  readonly pattern: string;
  /** How it is subscribed, and acknowledged. */
  readonly options: TopicOptions<unknown, never> | undefined;
  readonly decoding?: Decoding | undefined;
}

/**
 * Takes apart what `topic$` is asked for. Options beside a topic that is a value go before its own.
 *
 * @throws {InvalidArgumentError}
 */
export function listening(topic: string | Heard, given: TopicOptions<unknown, never> | undefined): Listening {
  const own = isTopic(topic) ? topic : undefined;
  const pattern = own ? own.pattern : (topic as string);
  const options = given ?? (own && {});
  // What is no options is refused where subscriptions are checked.
  if (typeof options !== 'object' || !(own || 'payload' in options || 'onUndecodable' in options)) {
    return { pattern, options };
  }
  const { payload = own?.payload, onUndecodable = 'skip', qos = own?.qos, ...others } = options;
  checkArgument(payload === undefined || isCodec(payload), 'payload', 'a codec such as json(schema)', typeof payload);
  const isKnown = onUndecodable === 'skip' || onUndecodable === 'error' || typeof onUndecodable === 'function';
  checkArgument(isKnown, 'onUndecodable', "'skip', 'error' or a function", onUndecodable);
  const decoding = payload && { codec: payload as Codec<unknown, never>, onUndecodable };
  return { pattern, options: { ...others, qos }, decoding };
}

function isTopic(topic: unknown): topic is Heard {
  return isObject(topic) && typeof (topic as Partial<Heard>).pattern === 'string';
}
