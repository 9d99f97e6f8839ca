import type { QueueLimits } from './Backlog.js';

/** The limits and policies of a session. */
export interface SessionOptions {
  /** How many exchanges may be unacknowledged at a time, 1 to 65,535. */
  readonly maxInflight: number;
  /** How much may wait for a link, and who is turned away when it is more. */
  readonly queue: QueueLimits;
  /** What becomes of a QoS 2 exchange whose session the broker lost: it fails, or starts over and may arrive twice. */
  readonly onSessionLost: 'error' | 'republish';
}
