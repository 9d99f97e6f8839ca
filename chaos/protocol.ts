import type { SequenceState } from './Sequence.js';

/** The version of MQTT that client processes speak; `'both'`: each draws one. */
export type Protocol = 4 | 5 | 'both';

/** What a client process needs to know when it starts. */
export interface Task {
  /** Where the broker is, through the proxy. */
  readonly url: string;
  /** A folder of its own, which outlives it. */
  readonly folder: string;
  readonly seed: string;
  readonly protocol: Protocol;
  /** Whether it keeps its session on disk. */
  readonly hasStore: boolean;
}

/** The file of the consumer, in its folder. */
export const LEDGER = 'ledger';

/** The task of this process. */
export function readTask(): Task {
  return JSON.parse(process.argv[2]!) as Task;
}

/** QoS 1 and 2. */
export type ByQoS<T> = Readonly<Record<1 | 2, T>>;

/** What the publisher knows. */
export interface Published {
  /** The highest number that the store has, from all processes. */
  readonly accepted: ByQoS<number>;
  /** Publishes of this process that were begun … */
  readonly begun: number;
  /** … and those of them that have completed. */
  readonly completed: number;
  /** Messages that were stored twice, or in another order than they were published in. */
  readonly misplaced: number;
}

/** What the subscriber knows. */
export interface Received {
  /** What a SIGKILL leaves: QoS 1 as the callback wrote it down, QoS 2 as it was stored with the packet identifiers. */
  readonly sequences: ByQoS<SequenceState>;
  /** QoS 2 messages that came to the callback twice, because the process died before they were stored. */
  readonly repeated: number;
}

/** What a client process says. */
export type Report =
  | { readonly type: 'online'; readonly sessionPresent: boolean }
  | { readonly type: 'offline'; readonly why: string }
  /** Its subscriptions are granted. */
  | { readonly type: 'ready' }
  | ({ readonly type: 'published' } & Published)
  | ({ readonly type: 'received' } & Received)
  /** What the consumer has done stands in its ledger. */
  | { readonly type: 'consumed' }
  /** Requests are suspected of making the broker hang up. */
  | { readonly type: 'suspected'; readonly what: readonly string[] }
  /** Something that must not happen. */
  | { readonly type: 'fault'; readonly what: string }
  /** The process is done; `left` records of the session remain in the store. */
  | { readonly type: 'done'; readonly left: number };
