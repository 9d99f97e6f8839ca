import type { StoreChange } from '../lib/store.js';
import { RECEIVED } from '../lib/store/records.js';

/** Follows the packet identifiers in a store: those of QoS 2 messages whose PUBREL has not come. */
export class Unreleased {
  private readonly keys = new Set<string>();

  get size(): number {
    return this.keys.size;
  }

  restore(keys: readonly string[]): void {
    for (const key of keys) if (key.startsWith(RECEIVED)) this.keys.add(key);
  }

  follow(changes: readonly StoreChange[]): void {
    for (const { type, key } of changes) {
      if (type === 'del') this.keys.delete(key);
      else if (key.startsWith(RECEIVED)) this.keys.add(key);
    }
  }
}
