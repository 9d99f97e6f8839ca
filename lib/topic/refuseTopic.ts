import { InvalidTopicError } from '../errors.js';

/**
 * Throws if a check found a reason. A topic that is not a string appears in the error as its type, because `String()`
 * may throw.
 *
 * @throws {InvalidTopicError}
 */
export function refuseTopic(topic: unknown, reason: string | undefined): void {
  if (reason !== undefined) throw new InvalidTopicError(typeof topic === 'string' ? topic : typeof topic, reason);
}
