import type { Outgoing } from './Outgoing.js';

/**
 * Messages in an order, linked through themselves: to append one and to take one out costs nothing that could grow. A
 * message is in one chain at a time.
 *
 * @typeParam O a message on its way
 */
export class Chain<O extends Outgoing> {
  /** How many there are. */
  size = 0;
  /** The oldest. */
  first: O | undefined;
  private last: O | undefined;

  append(outgoing: O): void {
    this.size++;
    outgoing.previous = this.last;
    if (this.last) this.last.next = outgoing;
    else this.first = outgoing;
    this.last = outgoing;
  }

  /** Takes out one that is in it. */
  remove(outgoing: O): void {
    this.size--;
    const { previous, next } = outgoing;
    if (previous) previous.next = next;
    else this.first = next as O | undefined;
    if (next) next.previous = previous;
    else this.last = previous as O | undefined;
    outgoing.previous = outgoing.next = undefined;
  }

  *[Symbol.iterator](): Generator<O> {
    for (let each = this.first; each; each = each.next as O | undefined) yield each;
  }
}
