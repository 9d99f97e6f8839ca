/** Characters that take no place of their own, and those that take two. */
const NONE = /^(\p{Mn}|\p{Me}|[\u200b-\u200d])$/u;
const TWO =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]$/u;
const ASCII = /^[\x20-\x7e]*$/;

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** A text that takes exactly as many columns: filled up with spaces, or cut, with `…` at its end. */
export function fitted(text: string, columns: number): string {
  if (columns <= 0) return '';
  const width = textWidth(text);
  if (width <= columns) return text + ' '.repeat(columns - width);
  let cut = '';
  let used = 0;
  for (const character of text) {
    if (used + widthOf(character) > columns - 1) break;
    cut += character;
    used += widthOf(character);
  }
  return `${cut}…${' '.repeat(columns - 1 - used)}`;
}

function widthOf(character: string): number {
  return NONE.test(character) ? 0 : TWO.test(character) ? 2 : 1;
}
