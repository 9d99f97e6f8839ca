import { Chain } from './Chain.js';
import type { Outgoing } from './Outgoing.js';

const SMALLEST_TABLE = 4;

/**
 * The outgoing QoS 1 and 2 exchanges in flight, by packet identifier, in the order in which a reconnect repeats them.
 *
 * Two chains, because there are two orders to keep: PUBLISH in the order of the first transmission [MQTT-4.6.0-1],
 * PUBREL in the order in which the PUBRECs came [MQTT-4.6.0-4]. Identifiers are given out one after the other, so their
 * lowest bits find the place in a table, which doubles where two would meet: 65,536 places at the most, where none do.
 * (A Map costs three times as much, and it is the dearest thing in an exchange.)
 *
 * @typeParam O a message on its way
 */
export class Exchanges<O extends Outgoing> {
  private table: (O | undefined)[] = new Array<O | undefined>(SMALLEST_TABLE).fill(undefined);
  private readonly published = new Chain<O>();
  private readonly released = new Chain<O>();
  private started = 0;

  /** How many exchanges are in flight. */
  get size(): number {
    return this.published.size + this.released.size;
  }

  /** Whether a packet identifier is in use here. */
  has(packetId: number): boolean {
    return this.get(packetId) !== undefined;
  }

  /** The exchange that uses a packet identifier. */
  get(packetId: number): O | undefined {
    const found = this.table[packetId & (this.table.length - 1)];
    return found?.packetId === packetId ? found : undefined;
  }

  /** Books an exchange that starts: its PUBLISH awaits PUBACK or PUBREC. */
  add(outgoing: O): void {
    outgoing.awaited = outgoing.qos === 1 ? 'puback' : 'pubrec';
    outgoing.place = this.started++;
    this.published.append(outgoing);
    this.enter(outgoing);
  }

  /** PUBREC came: the exchange goes on with PUBREL and awaits PUBCOMP. */
  release(outgoing: O): void {
    this.published.remove(outgoing);
    outgoing.awaited = 'pubcomp';
    this.released.append(outgoing);
  }

  /** The exchange is over; its packet identifier is free [MQTT-2.3.1-3]. */
  delete(outgoing: O): void {
    (outgoing.awaited === 'pubcomp' ? this.released : this.published).remove(outgoing);
    this.table[outgoing.packetId & (this.table.length - 1)] = undefined;
  }

  /** All exchanges in the order in which their messages were first sent, taken out of the books. */
  takeAll(): O[] {
    const all = [...this].sort((a, b) => a.place - b.place);
    for (const outgoing of all) this.delete(outgoing);
    return all;
  }

  /** In resend order: PUBRELs, then PUBLISHes. */
  *[Symbol.iterator](): Generator<O> {
    yield* this.released;
    yield* this.published;
  }

  private enter(outgoing: O): void {
    const place = outgoing.packetId & (this.table.length - 1);
    if (this.table[place] === undefined) {
      this.table[place] = outgoing;
      return;
    }
    this.table = new Array<O | undefined>(this.table.length * 2).fill(undefined);
    for (const each of this) this.enter(each);
  }
}
