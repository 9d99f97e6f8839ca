import { InvalidTopicError } from '../errors.js';

/**
 * Turns what a check said into the error that it stands for, and `undefined` into `undefined`. What is not a string is
 * named by its type, as it might not survive `String()`.
 */
export function topicError(topic: unknown, why: string | undefined): InvalidTopicError | undefined {
  return why === undefined ? undefined : new InvalidTopicError(typeof topic === 'string' ? topic : typeof topic, why);
}
