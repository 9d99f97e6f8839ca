import { type TextKind, textFault } from '../text.js';

/** Says why `text` is not valid text of this kind (see `textFault`), or not even a string; `undefined` if it is valid. */
export function invalidText(text: unknown, kind: TextKind): string | undefined {
  if (typeof text !== 'string') return `expected a string, got ${text === null ? 'null' : typeof text}`;
  const fault = textFault(text, kind);
  return fault && `${fault[0]} [${fault[1]}]`;
}
