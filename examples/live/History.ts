import type { ClientState } from '../../lib/index.browser.js';

/** A span of a client's life in one state. Times are milliseconds of `performance.now()`. */
export interface Span {
  readonly status: ClientState['status'];
  readonly from: number;
  /** Milliseconds until the next attempt, while it waits. */
  readonly delay?: number | undefined;
  readonly attempt?: number | undefined;
}

/** Milliseconds that are kept: more than is shown. */
const KEPT = 60_000;

/** The states of one client over the last minute. */
export class History {
  readonly spans: Span[] = [];

  get last(): Span | undefined {
    return this.spans.at(-1);
  }

  note(state: ClientState): void {
    const from = performance.now();
    const { attempt, delay } = { attempt: undefined, delay: undefined, ...state };
    // `waiting` comes twice: without and then with its delay.
    if (this.last?.status === state.status && state.status === 'waiting') this.spans.pop();
    this.spans.push({ status: state.status, from, attempt, delay });
    while (this.spans[1] && this.spans[1].from < from - KEPT) this.spans.shift();
  }
}
