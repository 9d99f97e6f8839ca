// Of neither the language nor one platform: Node and every browser have it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** The bytes that `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
