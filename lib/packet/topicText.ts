import { InvalidTopicError, ProtocolError } from '../errors.js';
import { MAX_FIELD_LENGTH, utf8Length } from './utf8.js';

// What every topic must be to fit its field. Where wildcards may stand in a filter is the business of `topic/`.

/**
 * The bytes that a topic filter takes in UTF-8.
 *
 * @throws {InvalidTopicError} empty [MQTT-4.7.3-1], U+0000 [MQTT-4.7.3-2], lone surrogate [MQTT-1.5.3-1],
 *   more than 65,535 bytes [MQTT-4.7.3-3]
 */
export function checkTopicFilter(filter: string): number {
  if (filter.length === 0) throw new InvalidTopicError(filter, 'at least one character expected [MQTT-4.7.3-1]');
  const length = utf8Length(filter);
  if (length < 0) {
    if (filter.includes('\0')) throw new InvalidTopicError(filter, 'U+0000 is not allowed [MQTT-4.7.3-2]');
    throw new InvalidTopicError(filter, 'a lone surrogate cannot be encoded [MQTT-1.5.3-1]');
  }
  if (length > MAX_FIELD_LENGTH) {
    throw new InvalidTopicError(filter, `at most ${MAX_FIELD_LENGTH} bytes expected, ${length} came [MQTT-4.7.3-3]`);
  }
  return length;
}

/**
 * The bytes that a topic name takes in UTF-8.
 *
 * @throws {InvalidTopicError} wildcards [MQTT-3.3.2-2], and all that is wrong in a filter
 */
export function checkTopicName(name: string): number {
  if (hasWildcard(name)) throw new InvalidTopicError(name, 'a topic name has no wildcards + and # [MQTT-3.3.2-2]');
  return checkTopicFilter(name);
}

/**
 * Refuses what the peer sent as a topic name, UTF-8 being checked already.
 *
 * @param field which field it is, for the message
 * @throws {ProtocolError} empty [MQTT-4.7.3-1], wildcards [MQTT-3.3.2-2]
 */
export function checkReceivedName(name: string, field: string): string {
  checkReceivedFilter(name, field);
  if (hasWildcard(name)) {
    const came = JSON.stringify(name.slice(0, 80));
    throw new ProtocolError(`${field}: a topic name without wildcards + and # expected, ${came} came`, 'MQTT-3.3.2-2');
  }
  return name;
}

/**
 * Refuses an empty topic, which the peer sent, UTF-8 being checked already.
 *
 * @param field which field it is, for the message
 * @throws {ProtocolError} empty [MQTT-4.7.3-1]
 */
export function checkReceivedFilter(filter: string, field: string): string {
  if (filter === '') throw new ProtocolError(`${field}: at least one character expected, none came`, 'MQTT-4.7.3-1');
  return filter;
}

function hasWildcard(topic: string): boolean {
  return topic.includes('+') || topic.includes('#');
}
