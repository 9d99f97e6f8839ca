import { ProtocolError } from '../errors.js';
import { type TextKind, textFault } from '../text.js';
import { check } from './check.js';

interface Decoder {
  decode(bytes: Uint8Array): string;
}

interface Encoder {
  encode(text: string): Uint8Array;
}

// Neither the language nor one platform defines these. React Native does not have all of them.
declare const TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => Decoder;
declare const TextEncoder: new () => Encoder;

/** `ignoreBOM` keeps a byte order mark: it is a character like any other [MQTT-1.5.3-3]. */
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * The text in `bytes`.
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

/** The bytes of `text`, which `textFault` has nothing against. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
