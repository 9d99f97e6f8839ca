import type { Subscription } from 'rxjs';
import type { Link } from '../connection/Link.js';
import { ConnectionLostError } from '../errors.js';
import { monotonicNow } from '../stream/clock.js';
import { whenQuiet } from '../stream/quiet.js';

/** Bytes before a request that are worth waiting for. */
const BACKLOG = 65_536;

/**
 * Ends a connection on which a SUBSCRIBE or UNSUBSCRIBE stays unanswered while the server sends nothing at all. On a slow
 * link bytes that come are a sign of life, and so are bytes before the request that leave. Nothing is repeated on one
 * connection, for each SUBSCRIBE asks for all retained messages again.
 */
export class RequestTimeout {
  private waiting: Subscription | undefined;
  private link: Link | undefined;
  private startedAt = 0;
  /** Where the request stands among all bytes written, and how many of them had left when this wait began. */
  private end = 0;
  private left = 0;

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
    this.end = link.written;
    this.wait(link);
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
    const { link, left, end } = this;
    this.stop();
    if (link!.handedOn > left && end - left > BACKLOG) {
      this.link = link;
      return this.wait(link!);
    }
    const what = `the broker did not answer SUBSCRIBE or UNSUBSCRIBE, and sent nothing else for ${this.timeout} ms`;
    link!.fail(new ConnectionLostError(what));
  }

  private wait(link: Link): void {
    this.startedAt = monotonicNow();
    this.left = link.handedOn;
    this.waiting = whenQuiet(this, this.timeout);
  }
}
