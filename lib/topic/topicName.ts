import { invalidText } from './invalidText.js';
import { refuseTopic } from './refuseTopic.js';

/**
 * Checks that one can publish to `topic`. A topic name is a well-formed string [MQTT-1.5.3-1] of 1 to 65,535 bytes
 * [MQTT-4.7.3-1] [MQTT-4.7.3-3] without U+0000 [MQTT-4.7.3-2], `+` and `#` [MQTT-3.3.2-2].
 *
 * @throws {InvalidTopicError} if it is none
 */
export function checkTopicName(topic: unknown): void {
  refuseTopic(topic, invalidText(topic, 'name'));
}
