import type { Outgoing } from './Outgoing.js';
import { Sequence } from './Sequence.js';

/** What happens when a publish finds the queue full: it fails, the oldest is dropped for it, or it is dropped itself. */
export type Overflow = 'error' | 'drop-oldest' | 'drop-newest';

/** How much a queue holds, and what happens then. */
export interface QueueLimits {
  /** Messages. */
  readonly size: number;
  /** Bytes of payload, of all of them together. */
  readonly bytes: number;
  /** Which messages `push` turns away when that is too much: the newest (`error`, `drop-newest`) or the oldest ones. */
  readonly overflow: Overflow;
}

const NONE: readonly never[] = [];
const NO_EXPIRING: ReadonlySet<never> = new Set();

/**
 * The queue of messages that were not written yet: first in, first out, bounded. Everything is O(1), taking one out of
 * the middle as well.
 */
export class Queue<O extends Outgoing> implements Iterable<O> {
  private readonly messages = new Sequence<O>();
  private bytes = 0;
  private expirable: Set<O> | undefined; // made for the first one

  /** @param limits how much it holds */
  constructor(private readonly limits: QueueLimits) {}

  /** How many messages it holds. */
  get size(): number {
    return this.messages.size;
  }

  /** The messages in it that expire. */
  get expiring(): ReadonlySet<O> {
    return this.expirable ?? NO_EXPIRING;
  }

  /**
   * Appends a message.
   * @param bounded `false` for one that only waits for the end of the turn: it does not wait for a connection
   * @returns the messages for which there was no room: the new one, or the oldest ones, or none
   */
  push(outgoing: O, bounded: boolean): readonly O[] {
    const dropped = bounded && !this.hasRoomFor(outgoing) ? this.makeRoomFor(outgoing) : NONE;
    if (dropped[0] !== outgoing) this.append(outgoing);
    return dropped;
  }

  /** Puts messages in front of all others, whatever the limits. */
  prepend(messages: readonly O[]): void {
    if (messages.length === 0) return;
    const behind = this.takeAll();
    for (const outgoing of messages) this.append(outgoing);
    for (const outgoing of behind) this.append(outgoing);
  }

  /** Takes the oldest message out. */
  shift(): O | undefined {
    const oldest = this.messages.first;
    if (oldest) this.delete(oldest);
    return oldest;
  }

  /** Takes a message out that is in the queue. */
  delete(outgoing: O): void {
    this.messages.remove(outgoing);
    this.expirable?.delete(outgoing);
    outgoing.awaited = 'nothing';
    this.bytes -= outgoing.payload.length;
  }

  /** Takes all messages out, oldest first. */
  takeAll(): O[] {
    const all = this.messages.takeAll();
    for (const outgoing of all) outgoing.awaited = 'nothing';
    this.expirable = undefined;
    this.bytes = 0;
    return all;
  }

  [Symbol.iterator](): Iterator<O> {
    return this.messages[Symbol.iterator]();
  }

  private append(outgoing: O): void {
    outgoing.awaited = 'queue';
    this.messages.append(outgoing);
    if (outgoing.lifetime) (this.expirable ??= new Set()).add(outgoing);
    this.bytes += outgoing.payload.length;
  }

  private hasRoomFor(outgoing: O): boolean {
    return this.messages.size < this.limits.size && this.bytes + outgoing.payload.length <= this.limits.bytes;
  }

  /** @returns which messages are turned away */
  private makeRoomFor(outgoing: O): readonly O[] {
    const { size, bytes, overflow } = this.limits;
    if (overflow !== 'drop-oldest' || size === 0 || outgoing.payload.length > bytes) return [outgoing];
    const dropped: O[] = [];
    while (!this.hasRoomFor(outgoing)) dropped.push(this.shift()!);
    return dropped;
  }
}
