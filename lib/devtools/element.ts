/** The name of the custom element. */
const NAME = 'mqtt-devtools';

/** The element of a panel. It does what it was told to when it comes into a document, and when it leaves. */
export interface PanelElement extends HTMLElement {
  whenConnected: (() => void) | undefined;
  whenDisconnected: (() => void) | undefined;
}

/**
 * Makes the custom element. Its class is defined at the first use, because a server has no `HTMLElement`. It knows nothing
 * of panels, because a page can define a name only once, but may load this module twice.
 */
export function panelElement(): PanelElement {
  if (!customElements.get(NAME)) {
    customElements.define(
      NAME,
      class extends HTMLElement implements PanelElement {
        whenConnected: (() => void) | undefined;
        whenDisconnected: (() => void) | undefined;

        connectedCallback(): void {
          this.whenConnected?.();
        }

        disconnectedCallback(): void {
          this.whenDisconnected?.();
        }
      },
    );
  }
  return document.createElement(NAME) as PanelElement;
}
