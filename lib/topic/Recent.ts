/**
 * Remembers what was asked for last: between `generation` and twice as many entries, whatever the network sends. Two
 * generations approach "least recently used" without a list to keep in order: a full young one becomes the old one, and
 * what is found in the old one is copied to the young one. A look-up of something frequent is one `Map.get`.
 */
export class Recent<K, V extends object> {
  #young = new Map<K, V>();
  #old = this.#young;

  /** @param generation how many entries are new before those that nobody asked for meanwhile are forgotten */
  constructor(private readonly generation: number) {}

  get(key: K): V | undefined {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const aged = this.#old.get(key);
    if (aged !== undefined) this.set(key, aged);
    return aged;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** Forgets one entry. */
  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
