import type { InvalidTopicError } from '../errors.js';
import { invalidText } from './invalidText.js';
import { topicError } from './topicError.js';

/**
 * Says why `topic` is not a topic name one can publish to, or `undefined` if it is one: a well-formed string
 * [MQTT-1.5.3-1] of 1 to 65,535 bytes [MQTT-4.7.3-1] [MQTT-4.7.3-3] without U+0000 [MQTT-4.7.3-2], `+` and `#`
 * [MQTT-3.3.2-2].
 *
 * @example
 * invalidTopicName('room/1/temp'); // undefined
 * invalidTopicName('room/+/temp'); // '"+" at index 5: wildcards are for filters, not for topic names [MQTT-3.3.2-2]'
 */
export function invalidTopicName(topic: unknown): string | undefined {
  return invalidText(topic, 'name');
}

/** The same as an error to notify: an `InvalidTopicError` if `topic` is not a topic name, else `undefined`. */
export function checkTopicName(topic: unknown): InvalidTopicError | undefined {
  return topicError(topic, invalidTopicName(topic));
}
