type Child = Node | string;

/** What an element gets: attributes; `false` leaves one out. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Makes an element. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** Sets a text, and touches the document only when it is another one. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute in the same way. */
export function mark(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A part of the page: it draws itself anew at each frame. */
export interface Part {
  readonly element: HTMLElement;
  /** @param now milliseconds of `performance.now()` */
  draw(now: number): void;
}
