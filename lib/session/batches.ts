/** The most bytes of a SUBSCRIBE or UNSUBSCRIBE, unless one filter is longer. */
const MOST_BYTES = 65_536;
/** What a filter takes beside its text: its length and its options. */
const BESIDE_TEXT = 3;
/** What a packet takes beside its filters at most: header, packet identifier, properties with a subscription identifier. */
const BESIDE_FILTERS = 13;

/** What a packet of filters may be. */
export interface BatchLimits {
  /** Filters of a batch. */
  readonly most: number;
  /** Bytes of the packet that the server takes. Default: any. */
  readonly maximumPacketSize?: number;
  /** Which filters have a packet of their own. Default: none. */
  readonly isAlone?: ((filter: string) => boolean) | undefined;
}

/** Divides filters into batches that fit one packet each. */
export function batches<F extends { readonly filter: string }>(
  filters: readonly F[],
  { most, maximumPacketSize = Infinity, isAlone }: BatchLimits,
): readonly F[][] {
  const all: F[][] = [];
  const mostBytes = Math.min(MOST_BYTES, maximumPacketSize - BESIDE_FILTERS);
  let batch: F[] = [];
  let bytes = 0;
  for (const one of filters) {
    if (isAlone?.(one.filter)) {
      all.push([one]);
      continue;
    }
    const size = 3 * one.filter.length + BESIDE_TEXT; // a character takes at most three bytes a unit
    if (batch.length === 0 || batch.length >= most || bytes + size > mostBytes) {
      all.push((batch = []));
      bytes = 0;
    }
    batch.push(one);
    bytes += size;
  }
  return all;
}
