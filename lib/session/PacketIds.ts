/** Words of 32 bits for all 65,536 identifiers. */
const WORDS = 2_048;

/**
 * A set of packet identifiers. A bit for each: they come and go by the hundred thousand a second, in order, and a `Set`
 * that is filled at one end and emptied at the other is made anew all the time. Takes 8 kB from the first identifier on.
 */
export class PacketIds implements Iterable<number> {
  private words: Int32Array | undefined = undefined;

  has(packetId: number): boolean {
    return this.words !== undefined && (this.words[packetId >> 5]! & (1 << packetId)) !== 0;
  }

  add(packetId: number): void {
    this.words ??= new Int32Array(WORDS);
    this.words[packetId >> 5]! |= 1 << packetId;
  }

  /** @returns whether it was there */
  delete(packetId: number): boolean {
    const had = this.has(packetId);
    if (had) this.words![packetId >> 5]! ^= 1 << packetId;
    return had;
  }

  clear(): void {
    this.words = undefined;
  }

  /** In ascending order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let packetId = 1; this.words && packetId < 32 * WORDS; packetId++) if (this.has(packetId)) yield packetId;
  }
}
