const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A count for people: `12,345`. */
export function count(value: number): string {
  return value === Infinity ? 'any number' : Math.round(value).toLocaleString('en-US');
}

/** Bytes for people: `999 B`, `1.5 kB`. */
export function bytes(value: number): string {
  let unit = 0;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1_000;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** A point in time, of the day: `14:03:22.123`, by the clock on the wall. */
export function time(instant: number): string {
  const date = new Date(instant);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Seconds of milliseconds: `3.2 s`. */
export function seconds(milliseconds: number): string {
  return `${(Math.max(0, milliseconds) / 1_000).toFixed(1)} s`;
}
