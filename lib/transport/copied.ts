/**
 * Copies an option, so that later changes of the original have no effect. Copies bytes, arrays and plain objects, also
 * nested. Functions and instances of classes, such as an agent, are taken as they are.
 *
 * @param depth levels that are copied: enough for every option, and an end for circular objects
 */
export function copied<T>(value: T, depth = 4): T {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value) as T; // that of a Buffer is a view
  if (Array.isArray(value)) return value.map((each) => copied<unknown>(each, depth - 1)) as T;
  if (!isPlain(value)) return value;
  const copy = { ...value };
  for (const key of Object.keys(copy) as (keyof T)[]) copy[key] = copied(copy[key], depth - 1);
  return copy;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
