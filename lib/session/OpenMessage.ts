import type { QoS } from '../packet/Packet.js';
import type { Placed } from './Sequence.js';

/** From here on a reason code refuses a message. */
export const REFUSED_FROM = 0x80;

/**
 * A message that was delivered, and that somebody must acknowledge: everybody who has claimed it and has not left it. The
 * client makes it when it finds the first who does; the session asks what became of it.
 */
export class OpenMessage implements Placed {
  place = 0;
  /** Whether its acknowledgement has a place among those of the present connection. */
  isQueued = false;
  /** What became of it. `'abandoned'`: all who claimed it have left. */
  outcome: 'open' | 'acknowledged' | 'abandoned' = 'open';
  /** What the acknowledgement says: 0, or why the message is refused. */
  reasonCode = 0;
  /** No acknowledgement of it leaves any more, whatever the outcome is: its connection, or its session, is gone. */
  isOver = false;
  /** The server has sent it again, as another message: on a later connection, in the same session. */
  cameAgain = false;
  /** Who has not answered: at first the delivery itself, so that nothing is decided before all have it. */
  private waiting = 1;
  private isAcknowledged = false;

  constructor(
    readonly qos: QoS,
    readonly packetId: number,
  ) {}

  get isRefused(): boolean {
    return this.reasonCode >= REFUSED_FROM;
  }

  /** Somebody claims it. */
  claim(): void {
    this.waiting++;
  }

  /** One who claimed it acknowledges it. The first refusal holds. @returns whether that decides what becomes of it */
  acknowledge(reasonCode: number): boolean {
    this.isAcknowledged = true;
    if (!this.isRefused) this.reasonCode = reasonCode;
    return this.answered();
  }

  /** One who claimed it has left, or all have it. @returns whether that decides what becomes of it */
  answered(): boolean {
    if (--this.waiting > 0) return false;
    this.outcome = this.isAcknowledged ? 'acknowledged' : 'abandoned';
    return true;
  }
}
