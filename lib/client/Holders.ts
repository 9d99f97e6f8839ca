import { type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';

/** Milliseconds, at least, between two looks at whether those who do not say so have left. */
const LOOK = 100;

/**
 * Counts who holds the connection: it opens with the first, and closes when there was nobody for `linger` ms.
 *
 * What RxJS's `share({ resetOnRefCountZero: () => timer(linger) })` does, but with one timer that is armed again when it
 * fires too early: publishes one after the other pass through zero each time, and must not make a timer each.
 *
 * There are holders who do not say that they leave: a publish in flight has no teardown, which would be a third of its
 * memory. When only such are left, `sweep` looks for those who have gone, every `linger` ms.
 */
export class Holders {
  private count = 0;
  private silent = 0;
  private idleSince = 0;
  private timer: Subscription | undefined;
  private isOpen = false;
  private epoch = 0;

  /**
   * @param linger milliseconds
   * @param owner `open` is called when the first holder comes and the connection is not open; `close` when nobody has
   *   held it for `linger`: it calls `reset`; `sweep` releases the silent holders that have gone
   */
  constructor(
    private readonly linger: number,
    private readonly owner: { open(): void; close(): void; sweep(): void },
  ) {}

  /**
   * Holds the connection. The number returned must be given back to `release`, once.
   * @param silent whether this holder will have to be swept out if it leaves early
   */
  acquire(silent: boolean): number {
    const { epoch } = this;
    if (silent) this.silent++;
    else this.count++;
    if (!this.isOpen) {
      this.isOpen = true;
      this.owner.open();
    }
    return epoch;
  }

  /** Whether anybody holds it. */
  get isHeld(): boolean {
    return this.count + this.silent > 0;
  }

  /** Lets go of a hold; one from before a `reset` is void already. */
  release(epoch: number, silent: boolean): void {
    if (epoch !== this.epoch) return;
    if (silent) this.silent--;
    else this.count--;
    if (this.count > 0) return;
    if (this.silent === 0) this.idleSince = asyncScheduler.now();
    this.timer ??= asyncScheduler.schedule(Holders.look, this.linger, this);
  }

  /** The connection is gone for good: nobody holds it, and the next holder opens another. */
  reset(): void {
    this.epoch++;
    this.count = this.silent = 0;
    this.isOpen = false;
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private static look(this: SchedulerAction<Holders>, holders?: Holders): void {
    const wait = holders!.left();
    if (wait > 0) this.schedule(holders, wait);
    else {
      holders!.timer = undefined;
      if (wait === 0) holders!.owner.close();
    }
  }

  /** How long to wait until the next look; 0: it is time to close; negative: somebody will say when they leave. */
  private left(): number {
    const { linger } = this;
    if (this.count > 0) return -1;
    if (this.silent > 0) this.owner.sweep();
    if (this.silent > 0) return Math.max(linger, LOOK);
    const left = this.idleSince + linger - asyncScheduler.now();
    return left <= linger ? Math.max(0, left) : 0; // the clock may have been set
  }
}
