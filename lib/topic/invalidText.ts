const MAX_BYTES = 65_535;
const PLUS = 0x2b;
const HASH = 0x23;

/**
 * Says why `text` can be neither a topic name nor a topic filter, or `undefined` if nothing speaks against it: what both
 * have in common. A string [MQTT-1.5.3-1] without lone surrogates, without U+0000 [MQTT-4.7.3-2], with at least one
 * character [MQTT-4.7.3-1] and at most 65,535 bytes in UTF-8 [MQTT-4.7.3-3]. Control characters and U+FEFF are legal
 * [MQTT-1.5.3-3] and stay.
 *
 * One pass over the UTF-16 units, without an encoder or a regular expression: it runs for every message published.
 *
 * @param wildcards whether `+` and `#` may occur [MQTT-4.7.1-1]
 */
export function invalidText(text: unknown, wildcards: 'allowed' | 'forbidden'): string | undefined {
  if (typeof text !== 'string') return `expected a string, got ${text === null ? 'null' : typeof text}`;
  if (text === '') return 'expected at least one character, got an empty string [MQTT-4.7.3-1]';
  if (text.length > MAX_BYTES) return tooLong(`${text.length} characters`);
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (unit === 0) return `U+0000 at index ${i} is not allowed [MQTT-4.7.3-2]`;
      if ((unit === PLUS || unit === HASH) && wildcards === 'forbidden') {
        return `"${text.charAt(i)}" at index ${i}: wildcards are for filters, not for topic names [MQTT-3.3.2-2]`;
      }
    } else if (unit < 0x800) {
      bytes += 1;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes += 2;
    } else {
      if (!isPair(unit, text.charCodeAt(i + 1))) {
        return `lone surrogate U+${unit.toString(16).toUpperCase()} at index ${i} is not UTF-8 [MQTT-1.5.3-1]`;
      }
      // Two units, four bytes; the second unit is skipped.
      bytes += 2;
      i++;
    }
  }
  return bytes > MAX_BYTES ? tooLong(`${bytes} bytes`) : undefined;
}

/** `low` is NaN at the end of the string, which no comparison lets through. */
function isPair(high: number, low: number): boolean {
  return high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff;
}

function tooLong(got: string): string {
  return `expected at most 65,535 bytes in UTF-8, got ${got} [MQTT-4.7.3-3]`;
}
