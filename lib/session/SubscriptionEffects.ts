import type { Application, Surroundings, Wire } from './SessionEffects.js';
import type { SessionEvent } from './SessionEvent.js';

/** What the subscriptions do. */
export interface SubscriptionEffects<R> {
  readonly wire: Pick<Wire<never>, 'send'>;
  readonly application: Pick<
    Application<never, R>,
    'answered' | 'subscribing' | 'subscribed' | 'unsubscribed' | 'refused'
  >;
  readonly surroundings: Pick<Surroundings, 'fail'>;
  readonly events: { next(event: SessionEvent): void };
}
