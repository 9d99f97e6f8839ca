import { textFault } from './textFault.js';

/**
 * Says why `text` can be neither a topic name nor a topic filter, or `undefined` if nothing speaks against it: that it is
 * a string, and what `textFault` knows.
 *
 * @param wildcards whether `+` and `#` may occur [MQTT-4.7.1-1]
 */
export function invalidText(text: unknown, wildcards: 'allowed' | 'forbidden'): string | undefined {
  if (typeof text !== 'string') return `expected a string, got ${text === null ? 'null' : typeof text}`;
  const fault = textFault(text, wildcards === 'allowed' ? 'filter' : 'name');
  return fault && `${fault[0]} [${fault[1]}]`;
}
