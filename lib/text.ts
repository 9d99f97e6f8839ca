// Neither the language nor one platform defines it: Node and every browser have it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** What a text is for: a topic filter has wildcards, a topic name has none, and text of another kind may be empty. */
export type TextKind = 'text' | 'filter' | 'name';

const MAX_BYTES = 65_535;
const FORBIDDEN = /[\0\p{Surrogate}]/u;
const FORBIDDEN_IN_NAME = /[\0+#\p{Surrogate}]/u;

/**
 * Says why `text` cannot be what it is for, and which statement of the standard it breaks; `undefined` if nothing
 * speaks against it. No text has lone surrogates [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2] [MQTT-4.7.3-2] or more than
 * 65,535 bytes in UTF-8 (MQTT section 1.5.3) [MQTT-4.7.3-3]; topics have at least one character [MQTT-4.7.3-1], and topic names no
 * wildcards [MQTT-3.3.2-2]. Control characters and U+FEFF are legal [MQTT-1.5.3-3] and stay.
 */
export function textFault(text: string, kind: TextKind): readonly [why: string, clause: string] | undefined {
  const isText = kind === 'text';
  if (!text && !isText) return ['expected at least one character, got none', 'MQTT-4.7.3-1'];
  const found = (kind === 'name' ? FORBIDDEN_IN_NAME : FORBIDDEN).exec(text);
  if (found) {
    const [character] = found;
    const clause = character > '\x7f' ? '1.5.3-1' : character > '\0' ? '3.3.2-2' : isText ? '1.5.3-2' : '4.7.3-2';
    return [`${JSON.stringify(character)} at index ${found.index} is not allowed`, `MQTT-${clause}`];
  }
  // No character takes more than three bytes a unit: most texts need not be measured.
  const bytes = text.length * 3 > MAX_BYTES ? utf8Length(text) : 0;
  if (bytes <= MAX_BYTES) return undefined;
  return [`expected at most ${MAX_BYTES} bytes, got ${bytes}`, isText ? 'MQTT section 1.5.3' : 'MQTT-4.7.3-3'];
}

/** The number of bytes that `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
