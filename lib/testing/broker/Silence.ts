import { asyncScheduler } from 'rxjs';
import { monotonicNow } from '../../stream/clock.js';

/** Clocks that differ by more: one of them was replaced, or set. */
const APART = 1_000;

/** How long nothing has come, by the clock of timers and by that of clients. A test may replace one and not the other. */
export class Silence {
  private timers = 0;
  private clients = 0;

  /** Something came. */
  end(): void {
    this.timers = asyncScheduler.now();
    this.clients = monotonicNow();
  }

  /** Milliseconds, in RxJS time. */
  get length(): number {
    return asyncScheduler.now() - this.timers;
  }

  /**
   * Whether both clocks agree. In `fakeAsync`, which leaves `performance` alone, they do not: a client then pings at up to
   * twice its interval.
   */
  get isCertain(): boolean {
    return Math.abs(this.length - (monotonicNow() - this.clients)) <= APART;
  }
}
