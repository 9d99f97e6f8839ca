/** With fewer gaps than this nothing is moved. */
const FEW = 64;

/** What stands in a sequence knows its place there, which is the sequence's to change. */
export interface Placed {
  place: number;
}

/**
 * Items in an order. To append one costs the same however many there are, and so does taking one out of the middle: it
 * leaves a gap, and when there are more gaps than items they are closed. An item stands in one sequence at a time.
 *
 * A cursor goes through the items that were there when it was rewound, and through all that are appended before it
 * reaches the end.
 */
export class Sequence<V extends Placed> implements Iterable<V> {
  /** How many items there are. */
  size = 0;
  /** How many of them the cursor has not passed. */
  ahead = 0;
  private items: (V | undefined)[] = [];
  /** Before this index there is no item. */
  private head = 0;
  private cursor = 0;

  append(item: V): void {
    item.place = this.items.push(item) - 1;
    if (this.ahead > 0) this.ahead++;
    else this.cursor = this.items.length;
    this.size++;
  }

  /** Takes out an item that is in it. */
  remove(item: V): void {
    const { place } = item;
    this.items[place] = undefined;
    this.size--;
    if (place >= this.cursor) this.ahead--;
    if (place === this.head) this.head++;
    if (this.items.length - this.size > this.size + FEW) this.close();
  }

  /** The first item. */
  get first(): V | undefined {
    while (this.head < this.items.length && this.items[this.head] === undefined) this.head++;
    return this.items[this.head];
  }

  /** Takes out the first item. */
  shift(): V | undefined {
    const { first } = this;
    if (first) this.remove(first);
    return first;
  }

  /** Takes out all items, in order. */
  takeAll(): V[] {
    const all = [...this];
    this.items = [];
    this.size = this.ahead = this.head = this.cursor = 0;
    return all;
  }

  /** Moves the cursor to the front. */
  rewind(): void {
    this.cursor = this.head;
    this.ahead = this.size;
  }

  /** The item at the cursor, which moves behind it; `undefined` at the end. */
  advance(): V | undefined {
    while (this.ahead > 0) {
      const item = this.items[this.cursor++];
      if (!item) continue;
      this.ahead--;
      return item;
    }
    return undefined;
  }

  /** The items that the cursor has passed. */
  *passed(): Generator<V> {
    const end = this.ahead === 0 ? this.items.length : this.cursor;
    for (const item of this.items.slice(this.head, end)) if (item) yield item;
  }

  *[Symbol.iterator](): Generator<V> {
    // By index: what is iterated may shrink and move meanwhile.
    for (const item of this.items.slice(this.head)) if (item && this.items[item.place] === item) yield item;
  }

  /** Closes the gaps. */
  private close(): void {
    const { items } = this;
    let place = 0;
    for (let i = this.head; i < items.length; i++) {
      const item = items[i];
      if (!item) continue;
      item.place = place;
      items[place++] = item;
    }
    items.length = place;
    this.head = 0;
    this.cursor = this.size - this.ahead;
  }
}
