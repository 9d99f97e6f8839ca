import type { History, Span } from '../History.js';
import { NAMES } from '../names.js';
import type { Play } from '../play.js';
import { Canvas } from './Canvas.js';
import type { Colours } from './colours.js';
import { type Part, h, say } from './dom.js';

/** Milliseconds of the past and of the future that are shown. */
const PAST = 30_000;
const AHEAD = 6_000;
const HEIGHT = 26;

/** What somebody did to the network, and when. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** The states of the clients over time: what was, what is, and when the next attempt comes. */
export function timeline(play: Play, colours: Colours, marks: readonly Mark[]): Part {
  const axis = new Canvas('What was done, over the last 30 seconds', 20);
  const rows = NAMES.map((name) => {
    const canvas = new Canvas(`The states of the ${name} over the last 30 seconds`, HEIGHT);
    const state = h('span', { class: 'state', 'data-client': name });
    const history = play.histories[name];
    // At once, and not with the next drawing: a state may be over by then.
    play.clients[name].state$.subscribe(() => say(state, words(history.last, performance.now())));
    return { name, canvas, state, history };
  });
  const element = h('div', { class: 'timeline' }, h('span'), axis.element, h('span'));
  for (const { name, canvas, state } of rows) element.append(h('span', { class: 'name' }, name), canvas.element, state);
  return {
    element,
    draw(now) {
      axis.draw((context, width) => drawMarks(context, width, now, marks, colours));
      for (const { canvas, state, history } of rows) {
        canvas.draw((context, width) => drawHistory(context, width, now, history, marks, colours));
        say(state, words(history.last, now));
      }
    },
  };
}

function words(span: Span | undefined, now: number): string {
  if (span?.status === 'connecting' && span.attempt !== undefined && span.attempt > 1)
    return `connecting, attempt ${span.attempt}`;
  if (span?.status !== 'waiting' || span.delay === undefined) return span?.status ?? 'idle';
  const left = Math.max(0, span.from + span.delay - now) / 1_000;
  return `attempt ${span.attempt ?? 1} in ${left.toFixed(1)} s`;
}

function scale(width: number, now: number): (at: number) => number {
  return (at) => ((at - now + PAST) / (PAST + AHEAD)) * width;
}

function drawHistory(
  context: CanvasRenderingContext2D,
  width: number,
  now: number,
  history: History,
  marks: readonly Mark[],
  colours: Colours,
): void {
  const x = scale(width, now);
  history.spans.forEach((span, i) => {
    const to = Math.min(now, history.spans[i + 1]?.from ?? now);
    const [left, right] = [Math.max(0, x(span.from)), x(to)];
    if (right <= 0) return;
    context.fillStyle = colours(span.status);
    // A state of a few milliseconds is to be seen as well.
    context.fillRect(
      left,
      span.status === 'online' ? 5 : 2,
      Math.max(1.5, right - left),
      span.status === 'online' ? HEIGHT - 10 : HEIGHT - 4,
    );
  });
  for (const { at } of marks) line(context, x(at), colours('ink'), 0.35);
  drawPlan(context, x, now, history.last, colours);
  line(context, x(now), colours('ink'), 1);
}

/** The wait that is to come, up to the next attempt. */
function drawPlan(
  context: CanvasRenderingContext2D,
  x: (at: number) => number,
  now: number,
  span: Span | undefined,
  colours: Colours,
): void {
  if (span?.status !== 'waiting' || span.delay === undefined) return;
  const [from, to] = [x(now), x(Math.max(now, span.from + span.delay))];
  context.strokeStyle = colours('waiting');
  context.lineWidth = 1.5;
  context.setLineDash([4, 3]);
  context.strokeRect(from, 3, to - from, HEIGHT - 6);
  context.setLineDash([]);
  context.fillStyle = colours('connecting');
  context.beginPath();
  context.arc(to, HEIGHT / 2, 4, 0, 2 * Math.PI);
  context.fill();
}

function drawMarks(
  context: CanvasRenderingContext2D,
  width: number,
  now: number,
  marks: readonly Mark[],
  colours: Colours,
): void {
  const x = scale(width, now);
  context.font = '12px system-ui, sans-serif';
  context.fillStyle = colours('muted');
  context.textAlign = 'center';
  context.fillText('now', x(now), 14);
  let free = x(now) - 16;
  for (const { at, text } of [...marks].reverse()) {
    const half = context.measureText(text).width / 2 + 4;
    if (x(at) + half > free || x(at) < half) continue;
    context.fillText(text, x(at), 14);
    free = x(at) - half;
  }
}

function line(context: CanvasRenderingContext2D, x: number, colour: string, alpha: number): void {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fillRect(Math.round(x), 0, 1, HEIGHT);
  context.globalAlpha = 1;
}
