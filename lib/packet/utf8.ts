import { ProtocolError } from '../errors.js';
import { type TextKind, textFault } from '../text.js';
import { MALFORMED, PROTOCOL_ERROR, check } from './check.js';

interface Decoder {
  decode(bytes: Uint8Array): string;
}

interface Encoder {
  encode(text: string): Uint8Array;
}

// Not part of the language. React Native lacks some of it, or refuses `fatal`.
declare const TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => Decoder;
declare const TextEncoder: new () => Encoder;

// Made on first use: importing this package must work where they are missing.
let decoder: Decoder | undefined;
let encoder: Encoder | undefined;

/**
 * Says what this platform lacks for text in UTF-8, and what to do about it; `undefined` if it lacks nothing.
 *
 * Needed are `TextDecoder` with `fatal` and `ignoreBOM`, and `TextEncoder`.
 */
export function textFailure(): string | undefined {
  const missing: string[] = [];
  if (!works(makeDecoder)) missing.push("TextDecoder with the options 'fatal' and 'ignoreBOM'");
  if (!works(makeEncoder)) missing.push('TextEncoder');
  if (missing.length === 0) return undefined;
  const what = missing.join(' and ');
  return `this platform lacks ${what}: install a polyfill such as text-encoding and put its classes on globalThis`;
}

/** Up to this many bytes to call the decoder takes longer: two to five times as long. */
const SHORT = 10;

/** The text in `bytes[start, end)` if it is short, and ASCII without U+0000; else, or if there is none, `''`. */
export function readShort(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT) return '';
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0 || byte > 0x7f) return '';
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * The text in `bytes`.
 *
 * @param field which field it is, for the message
 * @throws {ProtocolError} ill-formed UTF-8 [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2], and what its kind forbids
 */
export function readUtf8(bytes: Uint8Array, field: string, kind: TextKind): string {
  // Outside of `try`: a platform without a decoder is no fault of the peer.
  decoder ??= makeDecoder();
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    check(false, field, 'well-formed UTF-8', bytes.slice(0, 16), '1.5.3-1');
  }
  const malformed = textFault(text, 'text');
  const fault = malformed ?? textFault(text, kind);
  if (!fault) return text;
  throw new ProtocolError(`${field}: ${fault[0]}`, fault[1], { reasonCode: malformed ? MALFORMED : PROTOCOL_ERROR });
}

/** The bytes of `text`, which `textFault` has nothing against. */
export function toUtf8(text: string): Uint8Array {
  encoder ??= makeEncoder();
  return encoder.encode(text);
}

/** `ignoreBOM` keeps a byte order mark: it is a character like any other [MQTT-1.5.3-3]. */
function makeDecoder(): Decoder {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
}

function makeEncoder(): Encoder {
  return new TextEncoder();
}

function works(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}
