import uPlot from 'uplot';
import type { QoS } from '../../../lib/index.browser.js';
import { type Account, isKept } from '../Books.js';
import { SHOWN } from '../Curves.js';
import { type Play, ROOM_NAMES } from '../play.js';
import type { Colours } from './colours.js';
import { type Part, h, mark, say } from './dom.js';

const PROMISES: Readonly<Record<QoS, string>> = { 0: 'at most once', 1: 'at least once', 2: 'exactly once' };
const ROWS = [
  ['sent', 'Sent'],
  ['arrived', 'Arrived'],
  ['notYet', 'Not yet'],
  ['lost', 'Lost'],
  ['doubled', 'Doubled'],
  ['gone', 'Died with the broker'],
] as const satisfies readonly (readonly [keyof Account, string])[];
const HEIGHT = 170;

/** One QoS: the rooms as they arrive with it, and its ledger. */
export function column(play: Play, qos: QoS, colours: Colours): Part & { retheme(): void } {
  const place = h('div', {
    class: 'plot',
    role: 'img',
    'aria-label': `Temperatures of ${ROOM_NAMES.length} rooms over the last ${SHOWN} seconds, as QoS ${qos} delivered them; what did not arrive is a hole`,
  });
  const verdict = h('p', { class: 'verdict' });
  const figures = new Map(ROWS.map(([key]) => [key, h('td', { 'data-figure': key }, '0')]));
  const bar = h('div', { class: 'bar', 'aria-hidden': 'true' });
  const shares = (['arrived', 'notYet', 'lost', 'gone'] as const).map((key) => {
    const share = h('i', { class: key });
    bar.append(share);
    return { key, share };
  });
  const table = h('table', { 'data-qos': qos }, h('caption', {}, `Ledger of QoS ${qos}`));
  const rows = ROWS.map(([key, label]) => {
    const row = h('tr', {}, h('th', { scope: 'row' }, label), figures.get(key)!);
    table.append(row);
    return [key, row] as const;
  });
  let plot: uPlot | undefined;
  new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  const make = () => {
    plot?.destroy();
    plot = new uPlot(optionsFor(colours, place.clientWidth || 300), play.curves[qos].data, place);
  };

  return {
    element: h(
      'section',
      { class: 'card column', 'aria-labelledby': `qos${qos}`, style: `--tone: var(--qos${qos})` },
      h('h2', { id: `qos${qos}` }, h('i', { class: 'dot' }), `QoS ${qos}`, h('small', {}, PROMISES[qos])),
      place,
      bar,
      table,
      verdict,
    ),
    retheme: make,
    draw(now) {
      if (!plot) make();
      const seconds = now / 1_000;
      plot!.batch(() => {
        plot!.setData(play.curves[qos].data, false);
        plot!.setScale('x', { min: seconds - SHOWN, max: seconds });
      });
      const account = play.books.account(qos);
      for (const [key, figure] of figures) say(figure, account[key].toLocaleString('en'));
      for (const [key, row] of rows) {
        mark(row, 'data-tone', toneOf(qos, key, account));
        if (key === 'gone') row.hidden = account.gone === 0;
      }
      for (const { key, share } of shares) {
        share.style.flexGrow = String(account[key] > 0 ? Math.max(account[key], account.sent / 200) : 0);
      }
      const [tone, text] = judge(qos, account);
      mark(verdict, 'data-tone', tone);
      say(verdict, text);
    },
  };
}

function toneOf(qos: QoS, key: keyof Account, account: Account): string {
  if (account[key] === 0) return 'none';
  if (key === 'lost') return qos === 0 ? 'allowed' : 'broken';
  if (key === 'doubled') return qos === 1 ? 'allowed' : 'broken';
  return key === 'gone' ? 'allowed' : 'none';
}

function judge(qos: QoS, account: Account): [tone: string, text: string] {
  const { sent, lost, doubled, gone } = account;
  if (sent === 0) return ['none', 'Nothing sent so far'];
  if (!isKept(qos, account)) return ['broken', `The promise is broken: ${lost} lost, ${doubled} doubled`];
  const tail = gone > 0 ? '. What the broker had taken died with it' : '';
  if (qos === 0) return lost > 0 ? ['allowed', `${lost} lost: nothing was promised`] : ['kept', 'Nothing lost so far'];
  if (qos === 2) return ['kept', `Nothing lost, nothing doubled${tail}`];
  return ['kept', `Nothing lost${doubled > 0 ? `; ${doubled} came twice, which is allowed` : ''}${tail}`];
}

function optionsFor(colours: Colours, width: number): uPlot.Options {
  const axis = { stroke: colours('muted'), grid: { stroke: colours('rule'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' }; // prettier-ignore
  return {
    width,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: [17, 28] } },
    axes: [
      { ...axis, size: 24, space: 60, splits: (u) => [-30, -20, -10, 0].map((at) => (u.scales['x']!.max ?? 0) + at), values: (u, splits) => splits.map((at) => agoOf(at - (u.scales['x']!.max ?? 0))) }, // prettier-ignore
      { ...axis, size: 34, splits: () => [18, 22, 26], values: (_, splits) => splits.map((at) => `${at}°`) },
    ],
    series: [
      {},
      ...ROOM_NAMES.map((room) => ({
        label: room,
        stroke: colours(room),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

function agoOf(seconds: number): string {
  const whole = Math.round(seconds);
  return whole === 0 ? 'now' : `${String(whole).replace('-', '−')} s`;
}
