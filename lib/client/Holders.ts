import { type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';

/**
 * Counts who holds the connection: it opens with the first, and closes when there was nobody for `linger` ms.
 *
 * What RxJS's `share({ resetOnRefCountZero: () => timer(linger) })` does, but with one timer that is armed again when it
 * fires too early: publishes one after the other pass through zero each time, and must not make a timer each.
 */
export class Holders {
  private count = 0;
  private idleSince = 0;
  private timer: Subscription | undefined;
  private isOpen = false;
  private epoch = 0;

  /**
   * @param linger milliseconds
   * @param open called when the first holder comes and the connection is not open
   * @param close called when nobody has held it for `linger`; it calls `reset`
   */
  constructor(
    private readonly linger: number,
    private readonly open: () => void,
    private readonly close: () => void,
  ) {}

  /** Holds the connection. The number returned must be given back to `release`, once. */
  acquire(): number {
    const { epoch } = this;
    this.count++;
    if (!this.isOpen) {
      this.isOpen = true;
      this.open();
    }
    return epoch;
  }

  /** Whether anybody holds it. */
  get isHeld(): boolean {
    return this.count > 0;
  }

  /** Lets go of a hold; one from before a `reset` is void already. */
  release(epoch: number): void {
    if (epoch !== this.epoch || --this.count > 0) return;
    this.idleSince = asyncScheduler.now();
    this.timer ??= this.arm();
  }

  /** The connection is gone for good: nobody holds it, and the next holder opens another. */
  reset(): void {
    this.epoch++;
    this.count = 0;
    this.isOpen = false;
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private arm(): Subscription {
    const { linger } = this;
    return asyncScheduler.schedule(
      (holders) => {
        const action = holders!.timer as SchedulerAction<Holders>;
        holders!.timer = undefined;
        if (holders!.count > 0) return;
        const left = holders!.idleSince + linger - asyncScheduler.now();
        if (left > 0 && left <= linger) holders!.timer = action.schedule(holders, left);
        else holders!.close();
      },
      linger,
      this,
    );
  }
}
