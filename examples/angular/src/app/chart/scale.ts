import type { Series } from '../house/rooms';

/** A curve in a box of 100 × 100, with the numbers of its axes. */
export interface Curve {
  /** An SVG path along the readings. */
  readonly line: string;
  /** The same, closed along the bottom. */
  readonly area: string;
  /** Where the newest reading is. */
  readonly end: readonly [x: number, y: number];
  /** The numbers of the vertical axis, and how far from the top they are, in percent. */
  readonly ticks: readonly { readonly value: number; readonly top: number }[];
  /** The time of the oldest reading and of the newest, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/**
 * Fits readings into a box: time from left to right, values from the bottom to the top.
 *
 * @param span what the vertical axis spans at least
 */
export function scale(series: Series, span: number): Curve {
  const from = series[0].at;
  const to = series[series.length - 1]!.at;
  const values = series.map(({ value }) => value);
  const [low, high] = limits(Math.min(...values), Math.max(...values), span);
  const x = (at: number) => (to === from ? 100 : ((at - from) / (to - from)) * 100);
  const y = (value: number) => 100 - ((value - low) / (high - low)) * 100;
  const points = series.map(({ at, value }) => [x(at), y(value)] as const);
  const line = points.map(([left, top], i) => `${i === 0 ? 'M' : 'L'}${left.toFixed(2)} ${top.toFixed(2)}`).join('');
  const step = niceStep((high - low) / 3);
  const count = Math.floor((high - low) / step + 1e-9);
  const first = Math.ceil(low / step) * step;
  const ticks = Array.from({ length: count + 1 }, (_, i) => first + i * step)
    .filter((value) => value <= high + 1e-9)
    .map((value) => ({ value, top: y(value) }));
  return { line, area: `${line}L100 100L${x(from).toFixed(2)} 100Z`, end: points[points.length - 1]!, ticks, from, to };
}

/** The limits of the axis: the values in its middle, and some air above and below. */
function limits(lowest: number, highest: number, span: number): readonly [number, number] {
  const middle = (lowest + highest) / 2;
  const half = Math.max(span, (highest - lowest) * 1.25) / 2;
  return [middle - half, middle + half];
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function niceStep(atLeast: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(atLeast));
  return [1, 2, 5, 10].map((factor) => factor * magnitude).find((step) => step >= atLeast - 1e-9)!;
}
