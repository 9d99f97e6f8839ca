import type { MqttError } from '../errors.js';
import type { Outgoing } from '../session/Outgoing.js';

/** A message on its way, as the client knows it: one that somebody publishes, or one that an earlier process left. */
export interface Publication extends Outgoing {
  /** Its number in the store, in the order of the publishes; 0: it is in none. */
  serial: number;
  /** When it is not worth sending any more, by `asyncScheduler.now()`; 0: never. */
  readonly expiresAt: number;
  /** Whether nobody waits for it. */
  readonly isGone: boolean;
  /** It is written. @param at in ms since the connection was opened */
  written(at: number): void;
  /** Lets go of the connection. */
  release(): void;
  /** The exchange is over. @param at in ms since the connection was opened */
  settle(error: MqttError | undefined, at: number): void;
}
