import { MAX_VARINT } from '../packet/varint.js';
import { isTopicName } from '../topic/isTopicName.js';

/** How many identifiers that are out of use are still known. */
const REMEMBERED = 1_000;

/** What a subscription identifier stands for. */
interface Identifier {
  readonly value: number;
  /** Its filter; `undefined`: filters that are topic names, of which a message is for the one that is its topic. */
  readonly filter: string | undefined;
  /** How many filters have it now. */
  uses: number;
}

/**
 * The subscription identifiers of a session (MQTT5 section 3.8.2.1.2). Each SUBSCRIBE has a new one, and it is the same for
 * all its filters, so these must not match the same topic: see `batches`.
 *
 * An identifier is known on: the server keeps it with the session, and with messages that wait. Of those out of use the
 * oldest are forgotten; then, and where an earlier process gave them, nobody knows what a message is for, and it goes to
 * all filters that match, as under MQTT 3.1.1.
 */
export class SubscriptionIds {
  // for the session
  private readonly all = new Map<number, Identifier>();
  /** By filter. */
  private readonly current = new Map<string, Identifier>();
  /** Out of use, the oldest first. */
  private readonly old = new Set<number>();
  private last = 0;
  private isNew = true;

  /**
   * @param foreignFrom where to begin in a session that an earlier process left: a random number, for that process began at
   *   1 or somewhere else, and its identifiers must not be taken for ours
   */
  constructor(private readonly foreignFrom = 0) {}

  /** A connection is there. */
  up(sessionPresent: boolean): void {
    if (!sessionPresent) {
      for (const known of [this.all, this.current, this.old]) known.clear();
      this.last = 0;
    } else if (this.isNew) this.last = this.foreignFrom;
    this.isNew = false;
  }

  /** A SUBSCRIBE of some filters is sent. @returns its identifier, 1 to 268,435,455 */
  give(filters: readonly string[]): number {
    do this.last = (this.last % MAX_VARINT) + 1;
    while (this.all.has(this.last));
    const [filter] = filters;
    const identifier = { value: this.last, filter: isTopicName(filter!) ? undefined : filter, uses: filters.length };
    this.all.set(this.last, identifier);
    for (const one of filters) {
      this.release(one);
      this.current.set(one, identifier);
    }
    return this.last;
  }

  /** A filter has no subscription any more, or one without an identifier. */
  release(filter: string): void {
    const identifier = this.current.get(filter);
    if (!identifier) return;
    this.current.delete(filter);
    if (--identifier.uses > 0) return;
    this.old.add(identifier.value);
    if (this.old.size <= REMEMBERED) return;
    const [oldest] = this.old;
    this.old.delete(oldest!);
    this.all.delete(oldest!);
  }

  /** Whether all identifiers of a message are known: then `isFor` knows whom it is for. */
  know(identifiers: readonly number[]): boolean {
    for (let i = 0; i < identifiers.length; i++) if (!this.all.has(identifiers[i]!)) return false;
    return true;
  }

  /**
   * Whether a message is for a filter that matches its topic: it carries an identifier of the filter, or the subscription of
   * the filter has none.
   */
  isFor(filter: string, topic: string, identifiers: readonly number[]): boolean {
    for (let i = 0; i < identifiers.length; i++) {
      if ((this.all.get(identifiers[i]!)!.filter ?? topic) === filter) return true;
    }
    return !this.current.has(filter);
  }
}
