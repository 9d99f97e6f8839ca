import type { Outgoing } from './Outgoing.js';
import type { Window } from './Window.js';
import type { Moment } from './lifetime.js';

/** The rest of the session, as far as it decides what an outbox may send. */
export interface Gate<O extends Outgoing> {
  readonly window: Window;
  /** Whether a packet identifier is free. */
  readonly hasFreeId: boolean;
  /** Gives a packet identifier that nothing uses, or 0 if there is none. */
  freeId(): number;
  /** Whether a SUBSCRIBE or UNSUBSCRIBE goes out before any newer message, or a suspect is on trial. */
  readonly isBusy: boolean;
  /** The present moment; kept up to date only while messages may expire. */
  readonly now: Moment;
  /** A message is over: if it was a suspect, it is none any more. */
  cleared(outgoing: O): void;
}
