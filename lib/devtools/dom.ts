type Attributes = Readonly<Record<string, string>>;
type Child = Node | string;

/**
 * Makes an element. Text becomes text nodes: nothing in it is ever taken for HTML.
 *
 * @param name its tag, and a class behind a dot: `span.badge`
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K | `${K}.${string}`,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const [tag, className] = name.split('.') as [K, string | undefined];
  const element = document.createElement(tag);
  if (className !== undefined) element.className = className;
  return filled(element, attributes, children);
}

/** Makes an SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** Shows a text. The same text is not written again, so that a selection in it stays. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}
