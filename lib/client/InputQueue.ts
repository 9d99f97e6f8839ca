/**
 * The one small queue in front of the session: an input that arrives while another is worked on, because user code
 * called back from inside a notification, waits its turn. So state is never seen half changed, and order is kept.
 *
 * @typeParam I an input
 */
export class InputQueue<I> {
  private waiting: I[] = [];
  private busy = false;

  /** @param step works on one input; it may call `push` */
  constructor(private readonly step: (input: I) => void) {}

  /** Works on an input now, or after those that are before it. */
  push(input: I): void {
    if (this.busy) {
      this.waiting.push(input);
      return;
    }
    this.busy = true;
    try {
      this.step(input);
      while (this.waiting.length > 0) {
        const inputs = this.waiting;
        this.waiting = [];
        for (const next of inputs) this.step(next);
      }
    } finally {
      this.busy = false;
    }
  }
}
