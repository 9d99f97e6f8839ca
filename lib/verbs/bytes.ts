import type { Codec } from '../client/Codec.js';
import type { Message } from '../client/Message.js';
import { checkArgument } from '../stream/checkOption.js';

/**
 * A codec for bytes, which every payload is: for topics whose messages have no codec of their own. Values are payloads, and not
 * copied: do not write to one that came, see `Message.payload`. MQTT 5 is told nothing.
 */
export function bytes(): Codec<Uint8Array> {
  return BYTES;
}

const BYTES: Codec<Uint8Array> = Object.freeze({
  encode(value: Uint8Array) {
    checkArgument(value instanceof Uint8Array, 'value', 'a Uint8Array', typeof value);
    return value;
  },
  decode: ({ payload }: Message<unknown>) => payload,
});
