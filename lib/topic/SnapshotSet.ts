const NOTHING: readonly never[] = Object.freeze([]);

/**
 * A set that is read as an array. Adding and deleting take constant time; the array is made when it is read after a
 * change, and is never changed afterwards.
 */
export class SnapshotSet<T> {
  /** Made for the second member: most sets have one, and the array is enough for it. */
  #members: Set<T> | undefined;
  /** `undefined` after a change, and never without `#members`. */
  #snapshot: readonly T[] | undefined = NOTHING;

  get size(): number {
    return this.#members?.size ?? this.#snapshot!.length;
  }

  /** The members, in the order in which they were added: a frozen array. */
  get snapshot(): readonly T[] {
    return (this.#snapshot ??= Object.freeze([...this.#members!]));
  }

  add(member: T): void {
    if (this.size === 0) {
      this.#members = undefined;
      this.#snapshot = Object.freeze([member]);
    } else {
      this.#members ??= new Set(this.#snapshot);
      this.#members.add(member);
      this.#snapshot = undefined;
    }
  }

  /** @returns whether it was a member */
  delete(member: T): boolean {
    if (this.#members) {
      if (!this.#members.delete(member)) return false;
      this.#snapshot = undefined;
    } else {
      if (!this.#snapshot!.includes(member)) return false;
      this.#snapshot = NOTHING;
    }
    return true;
  }
}
