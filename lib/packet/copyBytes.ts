/** Below this many bytes a loop beats `set`, which has to call out of compiled code and to make a view of its source. */
const LOOP_LIMIT = 10;

/** Copies `source[start, end)` to `target` from `at` on. There is room for it: the caller has seen to that. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  const length = end - start;
  if (length <= LOOP_LIMIT) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
  } else if (length === source.length) {
    target.set(source, at);
  } else {
    // Not `subarray`: that of a Node Buffer makes a Buffer, at several times the cost.
    target.set(new Uint8Array(source.buffer, source.byteOffset + start, length), at);
  }
}
