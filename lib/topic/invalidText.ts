import { type TextKind, textFault } from '../text.js';

/**
 * Says why `text` cannot be what it is for, or `undefined` if nothing speaks against it: that it is a string, and what
 * `textFault` knows.
 */
export function invalidText(text: unknown, kind: TextKind): string | undefined {
  if (typeof text !== 'string') return `expected a string, got ${text === null ? 'null' : typeof text}`;
  const fault = textFault(text, kind);
  return fault && `${fault[0]} [${fault[1]}]`;
}
