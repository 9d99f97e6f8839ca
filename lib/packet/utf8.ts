import { ProtocolError } from '../errors.js';
import { type TextKind, textFault } from '../text.js';
import { check } from './check.js';

// Of neither the language nor one platform: Node and every browser have it.
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/** A byte order mark is a character as any other [MQTT-1.5.3-3]. */
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text that `bytes` are.
 *
 * @param field which field it is, for the message
 * @throws {ProtocolError} ill-formed UTF-8 [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2], and what its kind forbids
 */
export function readUtf8(bytes: Uint8Array, field: string, kind: TextKind): string {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    check(false, field, 'well-formed UTF-8', bytes.slice(0, 16), '1.5.3-1');
  }
  const fault = textFault(text, 'text') ?? textFault(text, kind);
  if (fault) throw new ProtocolError(`${field}: ${fault[0]}`, fault[1]);
  return text;
}
