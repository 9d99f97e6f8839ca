/**
 * A cache that is bounded by bytes, whatever the network sends: it remembers the entries that were asked for last.
 *
 * Two generations approach "least recently used" without a list to keep in order: a full young generation becomes the old
 * one, and an entry that is found in the old one moves to the young one. A look-up of a frequent key is one `Map.get`.
 */
export class Recent<K, V extends object> {
  #young = new Map<K, Sized<V>>();
  #old = this.#young;
  #bytes = 0;

  /** @param budget bytes of one generation: the cache holds between this and twice as much */
  constructor(private readonly budget: number) {}

  get(key: K): V | undefined {
    const known = this.#young.get(key);
    if (known !== undefined) return known.value;
    const aged = this.#old.get(key);
    if (aged === undefined) return undefined;
    this.#add(key, aged);
    return aged.value;
  }

  /** @param bytes what key and value take, roughly; an entry larger than the budget is not remembered */
  set(key: K, value: V, bytes: number): void {
    if (bytes <= this.budget) this.#add(key, { value, bytes });
  }

  /** Forgets one entry. */
  delete(key: K): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#bytes -= young.bytes;
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #add(key: K, entry: Sized<V>): void {
    const replaced = this.#young.get(key)?.bytes ?? 0;
    if (this.#bytes - replaced + entry.bytes > this.budget) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#bytes = entry.bytes;
    } else {
      this.#bytes += entry.bytes - replaced;
    }
    this.#young.set(key, entry);
  }
}

interface Sized<V> {
  readonly value: V;
  readonly bytes: number;
}
