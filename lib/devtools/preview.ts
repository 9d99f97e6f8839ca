/** Bytes of a payload that are shown. */
const SHOWN = 100;
/** Bytes that are shown of a payload that is no text. */
const SHOWN_OF_BINARY = 16;
/** Control characters, and those that change the direction of writing or break lines. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The beginning of a payload: text as it is, anything else as hexadecimal numbers. */
export function preview(payload: Uint8Array): string {
  try {
    // As a stream: a character that is cut in two at the end is no error.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(0, SHOWN), { stream: true });
    return visible(text) + rest(payload, SHOWN);
  } catch {
    const shown = [...payload.subarray(0, SHOWN_OF_BINARY)];
    return shown.map((byte) => byte.toString(16).padStart(2, '0')).join(' ') + rest(payload, SHOWN_OF_BINARY);
  }
}

/** A text from the network in one line, without what could make it look like another one. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, '·');
}

function rest({ length }: Uint8Array, shown: number): string {
  return length > shown ? ' …' : '';
}
