const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Numbers as a line of bars, the largest the highest; 0 is a space. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values);
  return values.map((value) => (value <= 0 ? ' ' : BARS[Math.ceil((value / most) * BARS.length) - 1]!)).join('');
}
