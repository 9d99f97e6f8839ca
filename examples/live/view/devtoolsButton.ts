import { devtools } from '../../../lib/devtools.js';
import type { Play } from '../play.js';
import { h, mark } from './dom.js';

/** Mounts the developer's panel of the house's client over the page, and takes it out again. */
export function devtoolsButton(play: Play): HTMLElement {
  const button = h('button', { type: 'button', id: 'devtools', 'aria-pressed': 'false' }, 'Devtools');
  let panel: HTMLElement | undefined;
  button.addEventListener('click', () => {
    const wasOpen = panel?.isConnected === true;
    panel?.remove();
    panel = wasOpen ? undefined : devtools(play.clients.house, { open: true, name: 'house' });
    mark(button, 'aria-pressed', String(!wasOpen));
  });
  return button;
}
