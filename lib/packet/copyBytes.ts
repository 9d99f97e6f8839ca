/** Up to this many bytes a loop is faster than `set`, see docs/performance.md. */
const LOOP_LIMIT = 10;

/** Copies `source[start, end)` to `target` from `at` on. The target must have room for it. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  const length = end - start;
  if (length <= LOOP_LIMIT) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
  } else if (length === source.length) {
    target.set(source, at);
  } else {
    // Not `subarray`: that of a Buffer makes a Buffer, which is slow, see docs/performance.md.
    target.set(new Uint8Array(source.buffer, source.byteOffset + start, length), at);
  }
}
