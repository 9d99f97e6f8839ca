import { invalidText } from './invalidText.js';
import { refuseTopic } from './refuseTopic.js';

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

/** Refuses what is not a topic name. @throws {InvalidTopicError} */
export function checkTopicName(topic: unknown): void {
  refuseTopic(topic, invalidTopicName(topic));
}
