import type { Reading } from '../house/house.js';

/** Seconds that are shown. */
export const SHOWN = 30;

/** The rooms' temperatures as the dashboard has them, over the last half minute: what has not arrived is a hole. */
export class Curves {
  /** Seconds since the start of the page, one for each tick of the thermometers. */
  private readonly times: number[] = [];
  private readonly rooms: (number | null)[][];
  /** The number of the first tick that is kept. */
  private first = 1;

  constructor(private readonly names: readonly string[]) {
    this.rooms = names.map(() => []);
  }

  /** Time first, then a list for each room. */
  get data(): [number[], ...(number | null)[][]] {
    return [this.times, ...this.rooms];
  }

  /** The thermometers have measured. */
  tick(now: number): void {
    this.times.push(now);
    for (const values of this.rooms) values.push(null);
    if (this.times[0]! > now - SHOWN - 2) return;
    this.first++;
    for (const values of [this.times, ...this.rooms]) values.shift();
  }

  arrived({ room, n, celsius }: Reading): void {
    const values = this.rooms[this.names.indexOf(room)];
    const at = n - this.first;
    if (values && at >= 0 && at < values.length) values[at] = celsius;
  }
}
