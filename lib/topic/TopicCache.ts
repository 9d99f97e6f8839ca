const GENERATION = 1_024;
const MAX_LENGTH = 512;

/**
 * Remembers what belongs to the topics seen last: between 1,024 and 2,048 of them, whatever the network sends. Two
 * generations approach "least recently used" without a list to keep in order: a full young one becomes the old one, and
 * what is found in the old one is copied to the young one. A look-up of a frequent topic is one `Map.get`.
 *
 * Topics of more than 512 characters are not remembered, which bounds the memory to about 2 MB of text.
 */
export class TopicCache<V extends object> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** The entries held, those in both generations counted twice. For specs. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(topic: string): V | undefined {
    const known = this.#young.get(topic);
    if (known !== undefined || this.#old.size === 0) return known;
    const aged = this.#old.get(topic);
    if (aged !== undefined) this.set(topic, aged);
    return aged;
  }

  set(topic: string, value: V): void {
    if (topic.length > MAX_LENGTH) return;
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(topic, value);
  }

  /** Forgets one topic. */
  delete(topic: string): void {
    this.#young.delete(topic);
    this.#old.delete(topic);
  }

  /** Forgets everything. Costs nothing if nothing was remembered since the last time. */
  clear(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
  }
}
