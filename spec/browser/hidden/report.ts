import type { ClientOptions } from '../../../lib/index.browser.js';

/** What run.ts asks of the page, in its address. */
export interface Plan {
  /** The broker. */
  readonly url: string;
  /** The clients, by what they do: `silent`, `publishing`, `hearing-<phase>`, `acknowledging-<phase>`. */
  readonly names: readonly string[];
  readonly options: Pick<ClientOptions, 'keepAlive'>;
}

/** What the page tells run.ts. */
export type Report =
  /** A timer ran that asks for once a second. */
  | { readonly type: 'tick' }
  | { readonly type: 'connected'; readonly client: string }
  | { readonly type: 'disconnected' | 'failed'; readonly client: string; readonly why: string };

/** A report, with when it was made, in milliseconds of the page's life, and whether the page was seen then. */
export type DatedReport = Report & { readonly at: number; readonly visibility: DocumentVisibilityState };
