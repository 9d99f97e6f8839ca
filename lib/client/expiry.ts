import { type Subscription, asyncScheduler } from 'rxjs';

/**
 * Waits until a message is not worth sending any more.
 * @param host told when that is so
 */
export function expiry<M extends { readonly expiresAt: number }>(
  message: M,
  host: { expire(message: M): void },
): Subscription {
  return asyncScheduler.schedule(() => host.expire(message), Math.max(0, message.expiresAt - asyncScheduler.now()));
}
