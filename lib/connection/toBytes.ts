import { NO_BYTES } from '../packet/noBytes.js';
import { toUtf8 } from '../packet/utf8.js';

/**
 * The bytes of a payload: a string as UTF-8, a `Uint8Array` as it is and not copied, `undefined` as none.
 * @returns `undefined` when it is something else
 */
export function toBytes(payload: unknown): Uint8Array | undefined {
  if (payload instanceof Uint8Array) return payload;
  if (typeof payload === 'string') return toUtf8(payload);
  return payload === undefined ? NO_BYTES : undefined;
}
