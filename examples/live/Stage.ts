import type { Observable } from 'rxjs';
import type { ServerAddress } from '../../lib/index.browser.js';

/** What the network and the broker are like. */
export interface Conditions {
  /** `false`: its process is dead, or nobody reaches it. */
  readonly isBrokerUp: boolean;
  /** Connections are open, and nothing passes. */
  readonly isStalled: boolean;
  /** Everything takes {@link SLOW} ms each way. */
  readonly isSlow: boolean;
}

/** What can be done to the network and the broker. `flow` and `fast` end `stall` and `slow`. */
export const DEEDS = ['cut', 'half-open', 'stall', 'flow', 'slow', 'fast', 'kill', 'start'] as const;
export type Deed = (typeof DEEDS)[number];

export function isDeed(text: string): text is Deed {
  return (DEEDS as readonly string[]).includes(text);
}

/** Milliseconds that bytes take each way: with some, there always is something on the way that a cut loses. */
export const QUICK = 15;
/** The same, when the network is slow. */
export const SLOW = 500;

export const FINE: Conditions = { isBrokerUp: true, isStalled: false, isSlow: false };

/** What is known of the broker before the page has begun. */
export interface Programme {
  /** Where it is, in a few words for people. */
  readonly place: string;
  readonly protocolVersion: 4 | 5 | 'auto';
}

/** A broker, and a bad network in front of it: what the page plays on. */
export interface Stage extends Programme {
  /** Tells this page from others at the same broker. */
  readonly page: string;
  /** Where a client with this name connects to. */
  server(name: string): ServerAddress;
  /** The present conditions, then each change. */
  readonly conditions$: Observable<Conditions>;
  /** Does something to the network or the broker. Resolves when it is done; rejects with what went wrong. */
  act(deed: Deed): Promise<void>;
}
