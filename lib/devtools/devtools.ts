import { InvalidArgumentError, NotSupportedError } from '../everywhere.js';
import { Panel, type WatchedClient } from './Panel.js';
import { panelElement } from './element.js';

/** How a panel is shown. */
export interface DevtoolsOptions {
  /** Where it becomes the last child. Default: `document.body`. */
  readonly parent?: ParentNode | undefined;
  /** In which corner of the window it floats, or `'inline'`: where it stands in the page. Default `'bottom-right'`. */
  readonly position?: 'bottom-right' | 'bottom-left' | 'top-right' | 'top-left' | 'inline' | undefined;
  /** Whether it is open at first, or a button that opens it. Default `false`. */
  readonly open?: boolean | undefined;
  /** Default `'auto'`: as the system says. Later it is the attribute `theme` of the element. */
  readonly theme?: 'auto' | 'light' | 'dark' | undefined;
  /** What it is called, where a page has several clients. Default: the client identifier. */
  readonly name?: string | undefined;
  /** How many packets are listed, 1 to 1,000. Default 100. */
  readonly packets?: number | undefined;
  /** Whether the beginning of each payload is shown. Default `true`; `false`: its size alone. */
  readonly payloads?: boolean | undefined;
}

const POSITIONS = ['bottom-right', 'bottom-left', 'top-right', 'top-left', 'inline'];
const THEMES = ['auto', 'light', 'dark'];
const OPTIONS = ['parent', 'position', 'open', 'theme', 'name', 'packets', 'payloads'];

/**
 * Shows a client in a panel, for development: its state and the countdown to the next attempt, subscriptions, the flow of
 * messages, packets and bytes, queue and windows, events and errors, the last packets. A custom element, `<mqtt-devtools>`,
 * with a shadow root: neither its style nor that of the page reaches the other.
 *
 * It only looks on: it holds no connection, and does not keep an idle client online. Passwords and authentication data never
 * reach it. `remove()` takes it out of the page, and nothing of it is left; put back, it goes on.
 *
 * @param client a client, or what has its streams
 * @returns the element
 * @throws {NotSupportedError} there is no document: on a server, in a worker
 * @throws {InvalidArgumentError} naming the option
 * @example
 * if (isDevelopment) devtools(client, { position: 'bottom-left' });
 */
export function devtools(client: WatchedClient, options: DevtoolsOptions = {}): HTMLElement {
  check(options);
  const { position = 'bottom-right', open = false, theme = 'auto', name, packets = 100, payloads = true } = options;
  if (typeof document === 'undefined' || typeof customElements === 'undefined') {
    throw new NotSupportedError('devtools() needs a document: call it in a page, not on a server or in a worker');
  }
  const element = panelElement();
  element.setAttribute('position', position);
  if (theme !== 'auto') element.setAttribute('theme', theme);
  const root = element.attachShadow({ mode: 'open' });
  const panel = new Panel(client, { name, isOpen: open, packets, payloads }, root, () => element.remove());
  element.whenConnected = () => panel.start();
  element.whenDisconnected = () => panel.stop();
  const body = document.body as HTMLElement | null; // none yet, for a script in the head
  (options.parent ?? body ?? document.documentElement).append(element);
  return element;
}

/** @throws {InvalidArgumentError} */
function check(options: DevtoolsOptions): void {
  const { position, theme, packets = 100 } = options;
  for (const option of Object.keys(options)) {
    if (!OPTIONS.includes(option)) refuse(option, `there is no such option; there are ${OPTIONS.join(', ')}`);
  }
  if (position !== undefined && !POSITIONS.includes(position)) refuse('position', `expected ${POSITIONS.join(', ')}`);
  if (theme !== undefined && !THEMES.includes(theme)) refuse('theme', `expected ${THEMES.join(', ')}`);
  const isCount = Number.isInteger(packets) && packets >= 1 && packets <= 1_000;
  if (!isCount) refuse('packets', `expected an integer from 1 to 1,000, got ${packets}`);
}

function refuse(option: string, why: string): never {
  throw new InvalidArgumentError(option, why);
}
