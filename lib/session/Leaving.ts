import type { Outgoing } from './Outgoing.js';
import { Sequence } from './Sequence.js';

/**
 * The QoS 0 messages that are written, until the transport has taken them: nothing else tells that one is done.
 *
 * @typeParam O a message on its way
 */
export class Leaving<O extends Outgoing> {
  private readonly messages = new Sequence<O>();
  /** How many the transport has taken since the connection began. */
  private taken = 0;

  /** How many messages the transport has not taken. */
  get size(): number {
    return this.messages.size;
  }

  /** Appends a message that is about to be written. */
  append(outgoing: O): void {
    outgoing.awaited = 'transport';
    this.messages.append(outgoing);
  }

  /**
   * Takes out the oldest message that the transport has.
   * @param taken how many it has taken since the connection began
   */
  shift(taken: number): O | undefined {
    if (this.taken >= taken) return undefined;
    const oldest = this.messages.shift();
    if (!oldest) return undefined;
    this.taken++;
    oldest.awaited = 'nothing';
    return oldest;
  }

  /** Takes out all messages, oldest first, because the connection is gone. */
  takeAll(): O[] {
    this.taken = 0;
    return this.messages.takeAll();
  }
}
