/**
 * A copy of an option, so that what becomes of the original afterwards changes nothing: of bytes, arrays and plain
 * objects, each within the other. Functions and instances of classes, such as an agent, are taken as they are.
 *
 * @param depth so many more levels are copied: deep enough for every option there is, and the end of a circle
 */
export function copied<T>(value: T, depth = 4): T {
  const copy = (each: unknown): unknown => copied(each, depth - 1);
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value) as T; // that of a Buffer is a view
  if (Array.isArray(value)) return value.map(copy) as T;
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)])) as T;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
