/** A number with thousands apart, and few digits after the point where they say little. */
export function number(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `1 byte`, `12.3 kB`. */
export function bytes(value: number): string {
  if (value === 1) return '1 byte';
  const power = value < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  return `${number(value / 1_000 ** power)} ${UNITS[power]}`;
}

/** Milliseconds as `0:07`, `12:34` or `1:02:03`. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `1 message`, `2 messages`. */
export function counted(count: number, thing: string): string {
  return `${number(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** Milliseconds as `0.35 ms`, or from a second on as `1.2 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${number(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : number(Math.round(seconds))} s`;
}
