import type { Outgoing } from './Outgoing.js';
import { Sequence } from './Sequence.js';

const SMALLEST_TABLE = 4;

/**
 * The outgoing QoS 1 and 2 exchanges that are not over, by packet identifier and in the order in which a reconnect
 * repeats them.
 *
 * There are two orders to keep: PUBLISH in the order of the first transmission [MQTT-4.6.0-1], PUBREL in the order in
 * which the PUBRECs came [MQTT-4.6.0-4]. Identifiers are given out one after the other, so their lowest bits find the
 * place in a table, which doubles where two would meet: 65,536 places at the most, where none do.
 *
 * @typeParam O a message on its way
 */
export class Exchanges<O extends Outgoing> implements Iterable<O> {
  /** Messages whose PUBLISH awaits PUBACK or PUBREC. The cursor has passed those that this connection has sent. */
  readonly published = new Sequence<O>();
  /** Messages whose PUBREL awaits PUBCOMP. */
  readonly released = new Sequence<O>();
  /** Messages that are sent apart from all others, see `Suspects`, in their order. */
  apart: Set<O> | undefined; // made for the first one
  /** The one of them that was sent on this connection and is unacknowledged. */
  tried: O | undefined = undefined;
  /** How many exchanges have begun. */
  private begun = 0;
  private table: (O | undefined)[] = new Array<O | undefined>(SMALLEST_TABLE).fill(undefined);

  /** How many exchanges are not over. Each uses a packet identifier. */
  get size(): number {
    return this.published.size + this.released.size + (this.apart?.size ?? 0);
  }

  /** Whether messages are apart. */
  get areApart(): boolean {
    return this.apart !== undefined && this.apart.size > 0;
  }

  /** How many of them are in flight on this connection. */
  get inFlight(): number {
    return this.published.size - this.published.ahead + this.released.size + (this.tried ? 1 : 0);
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
    outgoing.ordinal ||= ++this.begun; // one that starts over keeps its place
    this.published.append(outgoing);
    this.enter(outgoing);
  }

  /** PUBREC came: the exchange goes on with PUBREL and awaits PUBCOMP. */
  received(outgoing: O): void {
    this.remove(outgoing);
    outgoing.awaited = 'pubcomp';
    this.released.append(outgoing);
  }

  /** The exchange is over; its packet identifier is free [MQTT-2.3.1-3]. */
  delete(outgoing: O): void {
    this.remove(outgoing);
    outgoing.awaited = 'nothing';
    this.table[outgoing.packetId & (this.table.length - 1)] = undefined;
  }

  /** Sets a published message apart. */
  setApart(outgoing: O): void {
    this.published.remove(outgoing);
    (this.apart ??= new Set()).add(outgoing);
  }

  /** Puts the messages that are apart back where they were among the others, while there is no connection. */
  rejoin(): void {
    if (!this.apart) return;
    const messages = inOrder([...this.apart, ...this.published.takeAll()]);
    this.apart = undefined;
    for (const outgoing of messages) this.published.append(outgoing);
  }

  /**
   * All exchanges but those apart, in the order in which they began, taken out of the books. They still say what they
   * awaited.
   */
  takeAll(): O[] {
    const all = inOrder([...this.released.takeAll(), ...this.published.takeAll()]);
    for (const { packetId } of all) this.table[packetId & (this.table.length - 1)] = undefined;
    return all;
  }

  /** All exchanges: PUBRELs, PUBLISHes, and those apart. */
  *[Symbol.iterator](): Generator<O> {
    yield* this.released;
    yield* this.published;
    if (this.apart) yield* this.apart;
  }

  private remove(outgoing: O): void {
    if (this.tried === outgoing) this.tried = undefined;
    if (this.apart?.delete(outgoing) === true) return;
    (outgoing.awaited === 'pubcomp' ? this.released : this.published).remove(outgoing);
  }

  private enter(outgoing: O): void {
    const place = outgoing.packetId & (this.table.length - 1);
    const there = this.table[place];
    if (there === undefined || there === outgoing) {
      this.table[place] = outgoing;
      return;
    }
    this.table = new Array<O | undefined>(this.table.length * 2).fill(undefined);
    for (const each of this) this.enter(each);
  }
}

/** Sorts exchanges as they began. */
function inOrder<O extends Outgoing>(exchanges: O[]): O[] {
  return exchanges.sort((a, b) => a.ordinal - b.ordinal);
}
