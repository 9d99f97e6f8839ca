import { asyncScheduler } from 'rxjs';
import type { ClientState, ClientSummary } from '../everywhere.js';
import { el, say } from './dom.js';
import { seconds, time } from './figures.js';
import { visible } from './preview.js';

/** How the client stands with its connection, and when it is tried again. */
export class ConnectionView {
  private readonly status = el('dd');
  private readonly server = el('dd');
  private readonly cause = el('p.cause', { hidden: '' });
  private readonly countdown = el('progress', { 'aria-label': 'Time to the next attempt', max: '1', value: '0' });
  private readonly left = el('span.left');
  private readonly backoff = el('p.backoff', { hidden: '' }, this.countdown, this.left);
  readonly element = el(
    'div',
    {},
    el('dl', {}, el('dt', {}, 'State'), this.status, el('dt', {}, 'Server'), this.server),
    this.backoff,
    this.cause,
  );

  /** Shows the state, and the countdown to the next attempt. */
  show(state: ClientState, { server, clientId }: ClientSummary): void {
    say(this.status, stateText(state));
    say(
      this.server,
      visible(`${server ?? 'not known before the first attempt'}, as ${clientId || '(the broker chooses)'}`),
    );
    const { cause } = state as { readonly cause?: Error };
    this.cause.hidden = cause === undefined;
    if (cause) say(this.cause, visible(`${cause.name}: ${cause.message}`));
    this.count(state);
  }

  private count(state: ClientState): void {
    const { retryAt, delay } = state.status === 'waiting' ? state : {};
    const isCounting = retryAt !== undefined && delay !== undefined;
    this.backoff.hidden = !isCounting;
    if (!isCounting) return;
    const left = Math.max(0, retryAt - asyncScheduler.now());
    this.countdown.value = delay > 0 ? 1 - left / delay : 1;
    say(this.left, `next attempt in ${seconds(left)} of ${seconds(delay)}`);
  }
}

type Texts = { readonly [S in ClientState as S['status']]: (state: S) => string };

const TEXTS: Texts = {
  idle: () => 'idle: nothing needs a connection',
  connecting: ({ attempt }) => `connecting, attempt ${attempt}`,
  online: ({ since, sessionPresent }) =>
    `online since ${time(since).slice(0, 8)}, session ${sessionPresent ? 'resumed' : 'new'}`,
  waiting: ({ attempt }) => `waiting for attempt ${attempt}`,
  closing: () => 'closing',
  suspended: () => 'suspended: no connection until resume()',
  closed: ({ cause }) => (cause ? 'given up after a fatal error' : 'ended'),
};

/** A state in words. */
export function stateText(state: ClientState): string {
  return TEXTS[state.status](state as never);
}
