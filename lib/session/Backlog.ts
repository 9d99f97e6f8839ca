import type { Outgoing } from './Outgoing.js';

/** What happens when a publish finds the queue full: it fails, the oldest is dropped for it, or it is dropped itself. */
export type Overflow = 'error' | 'drop-oldest' | 'drop-newest';

/** So many empty places are not worth the work. */
const COMPACT_FROM = 1_024;

/**
 * The queue of messages that were not written yet: first in, first out, bounded. Everything is O(1), taking one out of
 * the middle as well: its place is left empty, and places close up once more of them are empty than not.
 */
export class Backlog<O extends Outgoing> {
  private places: (O | undefined)[] = [];
  private head = 0;
  private count = 0;

  /**
   * @param limit how many messages it holds
   * @param overflow whom `push` turns away when there are that many: the newest (`error`, `drop-newest`) or the oldest
   */
  constructor(
    private readonly limit: number,
    private readonly overflow: Overflow,
  ) {}

  /** How many messages it holds. */
  get size(): number {
    return this.count;
  }

  /**
   * Appends a message.
   * @param bounded `false` for one that only waits for the end of the turn: it does not count as waiting for a link
   * @returns the message for which there was no room: the new one, the oldest one, or none
   */
  push(outgoing: O, bounded: boolean): O | undefined {
    let dropped: O | undefined;
    if (bounded && this.count >= this.limit) {
      dropped = this.overflow === 'drop-oldest' ? this.shift() : outgoing;
      if (dropped === outgoing || dropped === undefined) return outgoing;
    }
    outgoing.awaited = 'queue';
    outgoing.place = this.places.push(outgoing) - 1;
    this.count++;
    return dropped;
  }

  /** The oldest message, or `undefined`; it stays. */
  peek(): O | undefined {
    while (this.head < this.places.length && this.places[this.head] === undefined) this.head++;
    return this.places[this.head];
  }

  /** Takes the oldest message out. */
  shift(): O | undefined {
    const oldest = this.peek();
    if (oldest) this.delete(oldest);
    return oldest;
  }

  /** Takes a message out that is in the queue. */
  delete(outgoing: O): void {
    this.places[outgoing.place] = undefined;
    outgoing.awaited = 'write';
    const empty = this.places.length - --this.count;
    if (this.count === 0) this.clear();
    else if (empty >= COMPACT_FROM && empty > this.count) this.compact();
  }

  /** Takes all messages out, oldest first. */
  takeAll(): O[] {
    const all = this.places.filter((outgoing) => outgoing !== undefined);
    for (const outgoing of all) outgoing.awaited = 'write';
    this.clear();
    return all;
  }

  private clear(): void {
    this.places = [];
    this.head = this.count = 0;
  }

  private compact(): void {
    const full: O[] = [];
    for (const outgoing of this.places) if (outgoing) outgoing.place = full.push(outgoing) - 1;
    this.places = full;
    this.head = 0;
  }
}
