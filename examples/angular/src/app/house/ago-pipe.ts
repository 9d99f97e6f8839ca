import { Pipe, type PipeTransform } from '@angular/core';

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** How long ago something was: `12 s ago`. The clocks of others may go fast, so the future is now. */
@Pipe({ name: 'ago' })
export class AgoPipe implements PipeTransform {
  transform(at: number, now: number): string {
    const seconds = Math.floor((now - at) / 1_000);
    const unit = UNITS.find(([length]) => seconds >= length);
    return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]} ago` : 'just now';
  }
}
