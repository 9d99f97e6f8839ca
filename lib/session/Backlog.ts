import { Chain } from './Chain.js';
import type { Outgoing } from './Outgoing.js';

/** What happens when a publish finds the queue full: it fails, the oldest is dropped for it, or it is dropped itself. */
export type Overflow = 'error' | 'drop-oldest' | 'drop-newest';

/** How much a queue holds, and what happens then. */
export interface QueueLimits {
  /** Messages. */
  readonly size: number;
  /** Bytes of payload, of all of them together. */
  readonly bytes: number;
  /** Whom `push` turns away when that is too much: the newest (`error`, `drop-newest`) or the oldest ones. */
  readonly overflow: Overflow;
}

const NOBODY: readonly never[] = [];

/**
 * The queue of messages that were not written yet: first in, first out, bounded. Everything is O(1), taking one out of
 * the middle as well.
 */
export class Backlog<O extends Outgoing> {
  private readonly chain = new Chain<O>();
  private bytes = 0;

  /** @param limits how much it holds */
  constructor(private readonly limits: QueueLimits) {}

  /** How many messages it holds. */
  get size(): number {
    return this.chain.size;
  }

  /**
   * Appends a message.
   * @param bounded `false` for one that only waits for the end of the turn: it does not count as waiting for a link
   * @returns the messages for which there was no room: the new one, or the oldest ones, or none
   */
  push(outgoing: O, bounded: boolean): readonly O[] {
    const dropped = bounded && !this.hasRoomFor(outgoing) ? this.makeRoomFor(outgoing) : NOBODY;
    if (dropped[0] === outgoing) return dropped;
    outgoing.awaited = 'queue';
    this.chain.append(outgoing);
    this.bytes += outgoing.payload.length;
    return dropped;
  }

  /** Takes the oldest message out. */
  shift(): O | undefined {
    const oldest = this.chain.first;
    if (oldest) this.delete(oldest);
    return oldest;
  }

  /** Takes a message out that is in the queue. */
  delete(outgoing: O): void {
    this.chain.remove(outgoing);
    outgoing.awaited = 'write';
    this.bytes -= outgoing.payload.length;
  }

  /** Takes all messages out, oldest first. */
  takeAll(): O[] {
    const all = [...this.chain];
    for (const outgoing of all) this.delete(outgoing);
    return all;
  }

  private hasRoomFor(outgoing: O): boolean {
    return this.chain.size < this.limits.size && this.bytes + outgoing.payload.length <= this.limits.bytes;
  }

  /** @returns who is turned away */
  private makeRoomFor(outgoing: O): readonly O[] {
    const { size, bytes, overflow } = this.limits;
    if (overflow !== 'drop-oldest' || size === 0 || outgoing.payload.length > bytes) return [outgoing];
    const dropped: O[] = [];
    while (!this.hasRoomFor(outgoing)) dropped.push(this.shift()!);
    return dropped;
  }
}
