import { InvalidTopicError } from '../errors.js';

/**
 * Refuses a topic if a check found why. What is not a string is named by its type, as it might not survive `String()`.
 *
 * @throws {InvalidTopicError}
 */
export function refuseTopic(topic: unknown, why: string | undefined): void {
  if (why !== undefined) throw new InvalidTopicError(typeof topic === 'string' ? topic : typeof topic, why);
}
