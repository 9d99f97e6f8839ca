import { el } from './dom.js';
import type { EventLine } from './EventLines.js';
import { time } from './figures.js';

/** The arrows in words, for screen readers. */
const DIRECTIONS: Readonly<Record<string, string>> = { '→': 'sent', '←': 'received' };

/** A list of lines, the newest first. It can be scrolled by the keyboard. */
export class LineList {
  readonly element = el('div.scroll', { role: 'region', tabindex: '0' });
  private readonly list = el('ol');
  private readonly nothing: HTMLElement;

  /**
   * @param name what a screen reader calls it
   * @param nothing said while there is no line
   * @param limit how many there are at most
   */
  constructor(
    name: string,
    nothing: string,
    private readonly limit: number,
  ) {
    this.nothing = el('p.faint', {}, nothing);
    this.element.setAttribute('aria-label', name);
    this.element.append(this.nothing, this.list);
  }

  /** @param lines the oldest first */
  add(lines: readonly EventLine[]): void {
    if (lines.length === 0) return;
    this.nothing.hidden = true;
    this.list.prepend(...lines.slice(-this.limit).reverse().map(row));
    while (this.list.childElementCount > this.limit) this.list.lastElementChild!.remove();
  }

  clear(): void {
    this.list.replaceChildren();
    this.nothing.hidden = false;
  }
}

function row({ at, level, text, payload }: EventLine): HTMLElement {
  const item = el(`li.${level}`, {}, el('time', {}, time(at)));
  const direction = DIRECTIONS[text[0]!];
  if (direction === undefined) item.append(el('span', {}, text));
  else {
    const arrow = el('span.arrow', { role: 'img', 'aria-label': direction, title: direction }, text[0]!);
    item.append(arrow, el('span', {}, text.slice(2)));
  }
  if (payload !== undefined) item.append(el('code', {}, payload));
  return item;
}
