/** How text is made safe for a terminal. */
export interface PrintableOptions {
  /** Whether line feeds and tabs stay. Default `false`. */
  readonly keepLines?: boolean;
}

/**
 * What a terminal must not get from others: control characters, which can move the cursor, rename the window or type for
 * the user, and characters that change the order in which text is shown.
 */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text that a terminal shows as it is: what could do more stands there as an escape, such as `\x1b`. */
export function printable(text: string, { keepLines = false }: PrintableOptions = {}): string {
  return text.replace(UNSAFE, (one) => {
    if (keepLines && (one === '\n' || one === '\t')) return one;
    return NAMES[one] ?? (one < '\x80' ? `\\x${hex(one, 2)}` : `\\u${hex(one, 4)}`);
  });
}

/** JSON that is safe as well, and the same value. `JSON.stringify` lets some control characters through. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (one) => `\\u${hex(one, 4)}`);
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
