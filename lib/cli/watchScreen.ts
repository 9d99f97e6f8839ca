import type { ClientState } from '../index.js';
import type { Output } from './Output.js';
import { SPAN, type TopicOrder, type TopicRow, type TopicTable } from './TopicTable.js';
import { counted, duration, number } from './figures.js';
import { printable } from './printable.js';
import { sparkline } from './sparkline.js';
import { fitted, textWidth } from './textWidth.js';

/** Lines that are not rows of the table: the head with its column titles, and the last line. */
const FRAME = 4;
const COUNT = 10;
const RATE = 9;
const GAP = 2;
/** Columns of the terminal from which on there is a sparkline, and its length. */
const SPARK = [
  { from: 90, length: SPAN },
  { from: 70, length: 12 },
] as const;

/** What is on the screen beside the table. */
export interface Watched {
  readonly filters: readonly string[];
  readonly server: string;
  readonly state: ClientState;
  readonly order: TopicOrder;
}

/** The lines of the screen, none longer than the terminal, and no more than it has. */
export function watchScreen(table: TopicTable, watched: Watched, out: Output): string[] {
  const { columns, rows: height } = out;
  const rows = table.rows(watched.order);
  const room = Math.max(1, height - FRAME);
  const shown = rows.slice(0, rows.length > room ? room - 1 : room);
  const spark = SPARK.find(({ from }) => columns >= from)?.length ?? 0;
  const widest = Math.max(5, ...shown.map(({ topic }) => textWidth(printable(topic))));
  const beside = COUNT + RATE + (spark > 0 ? spark + GAP : 0) + 2 * GAP;
  const topic = Math.max(8, Math.min(widest, Math.floor((columns - beside) * 0.6)));
  const widths = { topic, value: Math.max(0, columns - beside - topic), spark };
  const hidden = rows.length - shown.length + (table.others > 0 ? 1 : 0);
  return [
    head(table, rows.length, watched, out),
    '',
    out.style('bold', line(widths, 'TOPIC', 'LAST', 'MESSAGES', 'PER S', spark > 0 ? `LAST ${spark} S` : '')),
    ...shown.map((row) => rowText(row, widths, out)),
    ...(hidden > 0
      ? [out.style('gray', fitted(more(rows.length - shown.length, table.others), columns).trimEnd())]
      : []),
  ];
}

interface Widths {
  readonly topic: number;
  readonly value: number;
  readonly spark: number;
}

function head(table: TopicTable, topics: number, { filters, server, state }: Watched, out: Output): string {
  const sums = `${counted(topics, 'topic')}, ${counted(table.count, 'message')}, ${number(Math.round(table.rate))}/s`;
  const where = printable(`${filters.join(' ')}  ${server}`);
  const text = fitted(`${where}  ${stateText(state)}  ${sums}`, out.columns - 1).trimEnd();
  return out.style(state.status === 'online' ? 'green' : 'yellow', text);
}

function stateText(state: ClientState): string {
  if (state.status !== 'waiting') return state.status;
  const left = state.retryAt === undefined ? undefined : Math.max(0, state.retryAt - Date.now());
  return left === undefined ? 'offline' : `offline, next attempt in ${duration(Math.round(left / 100) * 100)}`;
}

function more(rows: number, others: number): string {
  const which = rows > 0 ? `… and ${counted(rows, 'topic')} more` : '…';
  return others > 0 ? `${which}, and ${counted(others, 'message')} of topics that are not kept apart` : which;
}

function rowText(row: TopicRow, widths: Widths, out: Output): string {
  const { topic, value, count, rate, history, isFresh, isRetained } = row;
  const spark = sparkline(history.slice(-widths.spark)).padStart(widths.spark);
  const [first, second, third, fourth, last] = cells(
    widths,
    printable(topic),
    value,
    number(count),
    rateText(rate),
    spark,
  );
  const shown = isRetained ? out.style('gray', second!) : second!;
  const name = out.style(isFresh ? 'green' : 'cyan', first!);
  return [name, shown, third!, fourth!, out.style('blue', last!)].join(' '.repeat(GAP)).trimEnd();
}

const rateText = (rate: number) => (rate === 0 ? '·' : rate < 10 ? rate.toFixed(1) : number(Math.round(rate)));

function cells(
  widths: Widths,
  ...[topic, value, count, rate, spark]: readonly [string, string, string, string, string]
) {
  const right = (text: string, width: number) => fitted(text.padStart(width), width);
  return [
    fitted(topic, widths.topic),
    fitted(value, widths.value),
    right(count, COUNT - GAP),
    right(rate, RATE - GAP),
    fitted(spark, widths.spark),
  ];
}

function line(widths: Widths, ...texts: readonly [string, string, string, string, string]): string {
  return cells(widths, ...texts)
    .join(' '.repeat(GAP))
    .trimEnd();
}
