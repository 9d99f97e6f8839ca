import { clock, number } from './figures.js';
import { fitted, textWidth } from './textWidth.js';

/** How far something is. */
export interface Progress {
  /** How much of it is done, from 0 to 1. Left out: nobody knows, and there is no bar and no time left. */
  readonly share?: number | undefined;
  /** How many of them are done: `[12, 'messages']`. Shown with the rate. */
  readonly count?: readonly [done: number, what: string] | undefined;
  /** Another word about it. */
  readonly note?: string | undefined;
}

/** The longest and the shortest bar, in characters. */
const BAR = [30, 8] as const;
/** Milliseconds between two redraws. */
const PACE = 80;

/** The part of a stream that a bar is drawn on. */
export interface BarStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * A line on a terminal that says how far something is and how long it will take; on anything but a terminal, nothing. It has
 * no timer: who knows how far it is calls `update`.
 */
export class ProgressBar {
  private readonly started = performance.now();
  private drawn = -Infinity;
  private isShown = false;

  constructor(
    private readonly stream: BarStream,
    private readonly label: string,
  ) {}

  /** Says how far it is. Draws seldom enough to be called for each message. */
  update(progress: Progress): void {
    const now = performance.now();
    if (this.stream.isTTY !== true || now - this.drawn < PACE) return;
    this.drawn = now;
    this.isShown = true;
    const { columns = 0 } = this.stream; // some pseudo-terminals say 0
    const text = progressText(this.label, progress, now - this.started, (columns > 0 ? columns : 80) - 1);
    this.stream.write(`\r${text}\x1b[K`);
  }

  /** Takes the line away: before something else is printed, and at the end. The next `update` draws it again. */
  clear(): void {
    if (!this.isShown) return;
    this.isShown = false;
    this.drawn = -Infinity;
    this.stream.write('\r\x1b[K');
  }
}

/** The text of a progress bar. @param elapsed milliseconds @param columns that it may take */
export function progressText(label: string, progress: Progress, elapsed: number, columns: number): string {
  const share = progress.share === undefined ? undefined : Math.min(1, Math.max(0, progress.share));
  const words: string[] = [];
  if (share !== undefined) words.push(`${Math.floor(share * 100)} %`.padStart(5));
  if (progress.count) {
    const [done, what] = progress.count;
    words.push(`${number(done)} ${what}`, `${number(Math.round(elapsed > 0 ? (done / elapsed) * 1_000 : 0))}/s`);
  }
  if (share === undefined) words.push(clock(elapsed));
  else if (share > 0) words.push(`${clock((elapsed / share) * (1 - share))} left`);
  if (progress.note !== undefined) words.push(progress.note);
  const text = words.join('  ');
  const room = Math.min(BAR[0], columns - textWidth(label) - textWidth(text) - 4);
  const hasBar = share !== undefined && room >= BAR[1];
  const bar = hasBar ? `${'█'.repeat(Math.round(share * room)).padEnd(room, '░')}  ` : '';
  return fitted(`${label}  ${bar}${text}`, columns).trimEnd();
}
