/** Taken at import: the fake timers of a spec must not freeze it. */
const immediate = setImmediate;

/** Resolves after the present turn of the event loop, its microtasks included. Real, whatever timers a spec fakes. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void immediate(resolve));
}
