import type { Subscription } from 'rxjs';
import type { Link } from '../connection/Link.js';
import { ConnectionLostError } from '../errors.js';
import { monotonicNow } from '../stream/clock.js';
import { whenQuiet } from '../stream/quiet.js';

/**
 * Ends a connection on which a SUBSCRIBE or UNSUBSCRIBE stays unanswered while the server sends nothing at all. On a slow
 * link bytes that come are a sign of life; nothing is repeated on one connection, for each SUBSCRIBE asks for all
 * retained messages again.
 */
export class RequestTimeout {
  private waiting: Subscription | undefined;
  private link: Link | undefined;
  private startedAt = 0;

  /**
   * @param timeout milliseconds of silence
   * @param requests how many are unanswered
   */
  constructor(
    private readonly timeout: number,
    private readonly requests: { readonly requested: number },
  ) {}

  get isArmed(): boolean {
    return this.waiting !== undefined;
  }

  /** Something has happened: begins or ends the wait. */
  update(link: Link): void {
    if (this.requests.requested === 0) return this.stop();
    if (this.waiting) return;
    this.link = link;
    this.startedAt = monotonicNow();
    this.waiting = whenQuiet(this, this.timeout);
  }

  stop(): void {
    if (!this.waiting) return;
    this.waiting.unsubscribe();
    this.waiting = this.link = undefined;
  }

  // ─── for `whenQuiet` ───

  since(): number {
    return Math.max(this.startedAt, this.link!.lastReceived);
  }

  elapsed(): void {
    const { link } = this;
    this.stop();
    const what = `the broker did not answer SUBSCRIBE or UNSUBSCRIBE, and sent nothing else for ${this.timeout} ms`;
    link!.fail(new ConnectionLostError(what));
  }
}
