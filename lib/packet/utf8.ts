import { ProtocolError } from '../errors.js';

/** The most bytes that a string or binary field can have: its length is two bytes [MQTT-1.5.3]. */
export const MAX_FIELD_LENGTH = 65_535;

/** The bytes that `text` takes in UTF-8, or -1 if MQTT has no form for it: U+0000 or a lone surrogate. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (unit === 0) return -1;
    } else if (unit < 0x800) {
      length += 1;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      length += 2;
    } else {
      const low = text.charCodeAt(++i);
      if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return -1;
      length += 2; // two units were counted, four bytes are needed
    }
  }
  return length;
}

/**
 * The bytes that `text` takes in UTF-8.
 *
 * @param field which field it is, for the message
 * @throws {ProtocolError} lone surrogate [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2], more than 65,535 bytes
 */
export function checkText(text: string, field: string): number {
  const length = utf8Length(text);
  if (length < 0) {
    if (text.includes('\0')) throw new ProtocolError(`${field}: text without U+0000 expected`, 'MQTT-1.5.3-2');
    throw new ProtocolError(`${field}: well-formed text expected, a lone surrogate came`, 'MQTT-1.5.3-1');
  }
  if (length > MAX_FIELD_LENGTH) {
    throw new ProtocolError(`${field}: at most ${MAX_FIELD_LENGTH} bytes expected, ${length} came`, 'MQTT-1.5.3');
  }
  return length;
}

/** Writes `text`, for which `utf8Length` found a length, to `bytes` from `at` on, and returns the offset behind it. */
export function writeUtf8(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
    } else {
      if (point >= 0xd800 && point <= 0xdfff) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
        bytes[at++] = 0xf0 | (point >> 18);
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      } else {
        bytes[at++] = 0xe0 | (point >> 12);
      }
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (point & 0x3f);
  }
  return at;
}

/** Code units are turned into a string this many at a time: `fromCharCode` takes them as arguments, on the stack. */
const BATCH = 4096;

/**
 * The text in `bytes[start, end)`. A byte order mark is a character as any other [MQTT-1.5.3-3].
 *
 * @param field which field it is, for the message
 * @throws {ProtocolError} ill-formed: cut short, overlong, a surrogate, over U+10FFFF [MQTT-1.5.3-1]; U+0000 [MQTT-1.5.3-2]
 */
export function readUtf8(bytes: Uint8Array, start: number, end: number, field: string): string {
  let text = '';
  let units: number[] = [];
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      if (byte === 0) throw new ProtocolError(`${field}: text without U+0000 expected`, 'MQTT-1.5.3-2');
      units.push(byte);
      at += 1;
    } else {
      const point = readPoint(bytes, at, end, field);
      if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
      else units.push(point);
      at += point > 0xffff ? 4 : point > 0x7ff ? 3 : 2;
    }
    if (units.length >= BATCH) {
      text += String.fromCharCode.apply(null, units);
      units = [];
    }
  }
  return text + String.fromCharCode.apply(null, units);
}

/** The code point of the two to four bytes at `at`. Overlong forms are what is below the least of their length. */
function readPoint(bytes: Uint8Array, at: number, end: number, field: string): number {
  const lead = bytes[at]!;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > end) throw illFormed(bytes, at, field);
  let point = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) throw illFormed(bytes, at, field);
    point = (point << 6) | (byte & 0x3f);
  }
  if (length === 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) throw illFormed(bytes, at, field);
  if (length === 4 && (point < 0x10000 || point > 0x10ffff)) throw illFormed(bytes, at, field);
  return point;
}

function illFormed(bytes: Uint8Array, at: number, field: string): ProtocolError {
  const came = Array.from(bytes.slice(at, at + 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new ProtocolError(`${field}: well-formed UTF-8 expected, ${came} came`, 'MQTT-1.5.3-1');
}
