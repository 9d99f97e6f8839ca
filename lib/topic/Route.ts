import { SnapshotSet } from './SnapshotSet.js';

/** The values filed under one topic filter. */
export class Route<V extends object> {
  readonly #values = new SnapshotSet<V>();

  /** @param filter the whole filter, with a prefix such as `$share/<group>/` */
  constructor(readonly filter: string) {}

  /** The number of values. */
  get size(): number {
    return this.#values.size;
  }

  /**
   * The values, in the order in which they were added. The array is frozen: values that are added and deleted while
   * a reader iterates it do not show in it, but in the next one.
   */
  get values(): readonly V[] {
    return this.#values.snapshot;
  }

  /** For `FilterTree` alone, like `delete`. */
  add(value: V): void {
    this.#values.add(value);
  }

  delete(value: V): boolean {
    return this.#values.delete(value);
  }
}
