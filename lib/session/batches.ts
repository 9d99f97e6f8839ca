/** The most bytes of a SUBSCRIBE or UNSUBSCRIBE, unless one filter is longer. */
const MOST_BYTES = 65_536;
/** What a filter takes beside its text: its length and its options. */
const BESIDE_TEXT = 3;

/**
 * Divides filters into batches that fit one packet each.
 *
 * @param most filters of a batch
 */
export function batches<F extends { readonly filter: string }>(filters: readonly F[], most: number): readonly F[][] {
  const all: F[][] = [];
  let batch: F[] = [];
  let bytes = 0;
  for (const one of filters) {
    const size = 3 * one.filter.length + BESIDE_TEXT; // a character takes at most three bytes a unit
    if (batch.length > 0 && (batch.length >= most || bytes + size > MOST_BYTES)) {
      all.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) all.push(batch);
  return all;
}
