import type { Outgoing } from './Outgoing.js';

/**
 * The outgoing QoS 1 and 2 exchanges in flight, by packet identifier, in the order in which a reconnect repeats them.
 *
 * Two maps, because there are two orders to keep: PUBLISH in the order of the first transmission [MQTT-4.6.0-1], PUBREL
 * in the order in which the PUBRECs came [MQTT-4.6.0-4].
 *
 * @typeParam P whoever asked for a publish
 */
export class Exchanges<P> {
  private readonly published = new Map<number, Outgoing<P>>();
  private readonly released = new Map<number, Outgoing<P>>();
  private started = 0;

  /** How many exchanges are in flight. */
  get size(): number {
    return this.published.size + this.released.size;
  }

  /** Whether a packet identifier is in use here. */
  has(packetId: number): boolean {
    return this.published.has(packetId) || this.released.has(packetId);
  }

  /** The exchange that uses a packet identifier. */
  get(packetId: number): Outgoing<P> | undefined {
    return this.published.get(packetId) ?? this.released.get(packetId);
  }

  /** Books an exchange that starts: its PUBLISH awaits PUBACK or PUBREC. */
  add(outgoing: Outgoing<P>): void {
    outgoing.awaited = outgoing.qos === 1 ? 'puback' : 'pubrec';
    outgoing.place = this.started++;
    this.published.set(outgoing.packetId, outgoing);
  }

  /** PUBREC came: the exchange goes on with PUBREL and awaits PUBCOMP. */
  release(outgoing: Outgoing<P>): void {
    this.published.delete(outgoing.packetId);
    outgoing.awaited = 'pubcomp';
    this.released.set(outgoing.packetId, outgoing);
  }

  /** The exchange is over; its packet identifier is free [MQTT-2.3.1-4]. */
  delete(outgoing: Outgoing<P>): void {
    (outgoing.awaited === 'pubcomp' ? this.released : this.published).delete(outgoing.packetId);
  }

  /** All exchanges in the order in which their messages were first sent, taken out of the books. */
  takeAll(): Outgoing<P>[] {
    const all = [...this].sort((a, b) => a.place - b.place);
    this.released.clear();
    this.published.clear();
    return all;
  }

  /** In resend order: PUBRELs, then PUBLISHes. */
  *[Symbol.iterator](): Generator<Outgoing<P>> {
    yield* this.released.values();
    yield* this.published.values();
  }
}
