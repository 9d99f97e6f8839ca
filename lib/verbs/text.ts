import type { Codec } from '../client/Codec.js';
import { checkArgument } from '../stream/checkOption.js';
import { strictText } from './strictText.js';

/**
 * A codec for text. Values are strings, payloads their UTF-8; a payload that is not UTF-8 does not decode. MQTT 5 is told
 * `text/plain`.
 *
 * @example
 * client.topic$('house/door', { payload: text() }).subscribe(({ value }) => console.log(value.toUpperCase()));
 */
export function text(): Codec<string> {
  return TEXT;
}

const TEXT: Codec<string> = Object.freeze({
  encode(value: string) {
    checkArgument(typeof value === 'string', 'value', 'a string', typeof value);
    return value;
  },
  decode: strictText,
  contentType: 'text/plain',
});
