import type { ByQoS, Metrics } from '../everywhere.js';
import { el, say, svg } from './dom.js';
import { bytes, count } from './figures.js';

/** Seconds that the curves show. */
const SECONDS = 60;
const WIDTH = 120;
const HEIGHT = 28;

type Way = 'in' | 'out';

/** The flow of messages, packets and bytes: rates, totals, and curves of the last minute. */
export class Flow {
  private readonly ways = { in: new FlowRow('in'), out: new FlowRow('out') };
  readonly element = el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...['', 'messages/s', 'packets/s', 'bytes/s', 'messages', 'bytes'].map(heading))),
    el('tbody', {}, ...Object.values(this.ways).map(({ element }) => element)),
  );
  private readonly curves = { in: svg('polyline', { class: 'in' }), out: svg('polyline', { class: 'out' }) };
  readonly chart = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    ...Object.values(this.curves),
  );
  readonly scale = el('p.faint', {}, 'messages/s in the last minute');
  private readonly rates: Record<Way, number>[] = [];

  /** @param metrics a look at the counters, one each second */
  show({ period, total }: Metrics): void {
    const rates = { in: sum(period.messagesIn), out: sum(period.messagesOut) };
    this.ways.in.show(rates.in, period.packetsIn, period.bytesIn, sum(total.messagesIn), total.bytesIn);
    this.ways.out.show(rates.out, period.packetsOut, period.bytesOut, sum(total.messagesOut), total.bytesOut);
    this.rates.push(rates);
    if (this.rates.length > SECONDS) this.rates.shift();
    this.draw();
  }

  /** Nothing flows: there is no connection. */
  rest(): void {
    for (const way of Object.values(this.ways)) way.rest();
  }

  private draw(): void {
    const highest = Math.max(1, ...this.rates.flatMap((rates) => [rates.in, rates.out]));
    say(this.scale, `messages/s in the last minute, up to ${count(highest)}`);
    const left = SECONDS - this.rates.length;
    for (const way of ['in', 'out'] as const) {
      const points = this.rates.map((rates, i) => {
        const x = ((left + i) / (SECONDS - 1)) * WIDTH;
        return `${x.toFixed(1)},${(HEIGHT - 1 - (rates[way] / highest) * (HEIGHT - 2)).toFixed(1)}`;
      });
      this.curves[way].setAttribute('points', points.join(' '));
    }
  }
}

/** One direction. */
class FlowRow {
  private readonly cells = Array.from({ length: 5 }, () => el('td', {}, '0'));
  readonly element: HTMLElement;

  constructor(way: Way) {
    this.element = el('tr', {}, el('th', { scope: 'row', class: way }, way), ...this.cells);
  }

  show(messages: number, packets: number, perSecond: number, allMessages: number, allBytes: number): void {
    const texts = [count(messages), count(packets), bytes(perSecond), count(allMessages), bytes(allBytes)];
    texts.forEach((text, i) => say(this.cells[i]!, text));
  }

  rest(): void {
    ['0', '0', '0 B'].forEach((text, i) => say(this.cells[i]!, text));
  }
}

function heading(text: string): HTMLElement {
  return text === '' ? el('td') : el('th', { scope: 'col' }, text);
}

function sum(counts: Readonly<ByQoS>): number {
  return counts[0] + counts[1] + counts[2];
}
