/** What a sequence has seen, as it is kept in a file. */
export interface SequenceState {
  /** The number after the highest that came. */
  readonly next: number;
  /** Lower ones that did not come. */
  readonly missing: readonly number[];
  /** Came again, each time. */
  readonly duplicated: number;
  /** Came for the first time, and after a higher one. */
  readonly reordered: number;
}

/** Follows the numbers 1, 2, 3 … of the messages of one QoS, as they come. */
export class Sequence {
  private next: number;
  private readonly missing: Set<number>;
  private duplicated: number;
  private reordered: number;

  constructor({ next, missing, duplicated, reordered }: SequenceState = NOTHING_YET) {
    this.next = next;
    this.missing = new Set(missing);
    this.duplicated = duplicated;
    this.reordered = reordered;
  }

  receive(n: number): void {
    if (n < this.next) {
      if (this.missing.delete(n)) this.reordered++;
      else this.duplicated++;
      return;
    }
    for (; this.next < n; this.next++) this.missing.add(this.next);
    this.next++;
  }

  /** Whether it has come. */
  has(n: number): boolean {
    return n < this.next && !this.missing.has(n);
  }

  get state(): SequenceState {
    const { next, missing, duplicated, reordered } = this;
    return { next, missing: [...missing], duplicated, reordered };
  }
}

const NOTHING_YET: SequenceState = { next: 1, missing: [], duplicated: 0, reordered: 0 };

/** How many of the numbers up to `sent` did not come. */
export function lostOf({ next, missing }: SequenceState, sent: number): number {
  return missing.length + Math.max(0, sent + 1 - next);
}
