/**
 * The one small queue in front of the session: an input that arrives while another is worked on, because user code
 * called back from inside a notification, waits its turn. So state is never seen half changed, and order is kept.
 *
 * @typeParam I an input
 */
export class InputQueue<I> {
  private readonly waiting: I[] = [];
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
    let done = 0;
    try {
      this.step(input);
      // The array grows while it is walked: what is pushed meanwhile comes last.
      while (done < this.waiting.length) this.step(this.waiting[done++]!);
    } finally {
      if (done > 0) this.waiting.splice(0, done);
      this.busy = false;
    }
  }
}
