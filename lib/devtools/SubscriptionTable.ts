import type { SubscriptionState } from '../everywhere.js';
import { el } from './dom.js';
import { count } from './figures.js';
import { visible } from './preview.js';

/** The most rows: a table of thousands would be slow, and nobody reads it. */
const LIMIT = 200;

/** What is subscribed. */
export class SubscriptionTable {
  private readonly rows = el('tbody');
  private readonly table = el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...['filter', 'QoS', 'state'].map((text) => el('th', { scope: 'col' }, text)))),
    this.rows,
  );
  private readonly rest = el('p.faint');
  readonly element = el(
    'div.scroll',
    { role: 'region', tabindex: '0', 'aria-label': 'Subscriptions' },
    this.table,
    this.rest,
  );

  show(subscriptions: ReadonlyMap<string, SubscriptionState>): void {
    const shown = [...subscriptions.values()].slice(0, LIMIT);
    this.rows.replaceChildren(...shown.map(row));
    this.table.hidden = shown.length === 0;
    const more = subscriptions.size - shown.length;
    this.rest.hidden = shown.length > 0 && more === 0;
    this.rest.textContent = more > 0 ? `and ${count(more)} more` : 'Nothing is subscribed.';
  }
}

function row({ filter, requested, granted, state }: SubscriptionState): HTMLElement {
  const isLower = granted !== undefined && granted < requested;
  const qos = granted === undefined ? `${requested}` : isLower ? `${granted} of ${requested}` : `${granted}`;
  return el(
    'tr',
    {},
    el('th.filter', { scope: 'row' }, visible(filter)),
    el('td', {}, qos),
    el(`td.${state}`, {}, state),
  );
}
