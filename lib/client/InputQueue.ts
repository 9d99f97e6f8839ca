/** So many places are given back when the queue is empty again. */
const LARGE = 1_024;

/**
 * The one small queue in front of the session: an input that arrives while another is worked on, because user code
 * called back from inside a notification, waits its turn. So state is never seen half changed, and order is kept.
 *
 * A step is a function that two arguments fit, so that an input needs neither a closure nor a wrapper of its own.
 *
 * @typeParam S what the steps work on
 */
export class InputQueue<S> {
  /** Steps and their inputs by turns. Its places are used again: a queue that shrinks to nothing allocates to grow. */
  private waiting: unknown[] | undefined;
  private tail = 0;
  private busy = false;

  constructor(private readonly subject: S) {}

  /** Takes a step now, or after those that are before it. */
  push<I>(step: (subject: S, input: I) => void, input: I): void {
    if (this.busy) {
      const waiting = (this.waiting ??= []);
      waiting[this.tail++] = step;
      waiting[this.tail++] = input;
      return;
    }
    this.busy = true;
    try {
      step(this.subject, input);
      if (this.tail > 0) this.drain(this.waiting!);
    } finally {
      this.busy = false;
    }
  }

  /** The queue grows while it is walked: what is pushed meanwhile comes last. */
  private drain(waiting: unknown[]): void {
    let head = 0;
    try {
      while (head < this.tail) {
        const step = waiting[head] as (subject: S, input: unknown) => void;
        const input = waiting[head + 1];
        waiting[head] = waiting[head + 1] = undefined;
        head += 2;
        step(this.subject, input);
      }
    } finally {
      if (head < this.tail) waiting.copyWithin(0, head, this.tail); // a step has thrown
      this.tail -= head;
      if (waiting.length > LARGE && this.tail === 0) this.waiting = undefined;
    }
  }
}
