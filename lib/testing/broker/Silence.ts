import { asyncScheduler } from 'rxjs';

/** Clocks that differ by more: one of them was replaced, or set. */
const APART = 1_000;

/** How long nothing has come, by the clock of timers and by the machine's. A test may replace one and not the other. */
export class Silence {
  private timers = 0;
  private machine = 0;

  /** Something came. */
  end(): void {
    this.timers = asyncScheduler.now();
    this.machine = this.machineNow();
  }

  /** Milliseconds, in RxJS time. */
  get length(): number {
    return asyncScheduler.now() - this.timers;
  }

  /**
   * Whether both clocks say so. If not, as in `fakeAsync`, which leaves `performance` alone, a client that measures by the
   * other clock pings at up to twice its interval.
   */
  get isCertain(): boolean {
    return Math.abs(this.length - (this.machineNow() - this.machine)) <= APART;
  }

  /** In virtual time there is one clock. */
  private machineNow(): number {
    const now = asyncScheduler.now();
    const isVirtual = Math.abs(now - Date.now()) > APART;
    return isVirtual || typeof performance !== 'object' ? now : performance.now();
  }
}
