import { type SchedulerAction, type Subscription, asyncScheduler } from 'rxjs';
import { monotonicNow } from '../stream/clock.js';

/** The leases of one connection and its reconnects. One that is given up is void: its leases count no more. */
export interface Lease {
  count: number;
}

/**
 * Counts leases of the connection: it opens with the first, and closes when there was none for `linger` ms.
 *
 * It does what RxJS's `share({ resetOnRefCountZero: () => timer(linger) })` does, but with one timer that is armed again
 * when it fires too early: publishes one after the other pass through zero each time, and must not make a timer each.
 */
export class Leases {
  private current: Lease = { count: 0 };
  private isOpen = false;
  private idleSince = 0;
  private timer: Subscription | undefined;

  /**
   * @param linger milliseconds
   * @param connection `open` is called when the first lease is taken; `close` when there was none for `linger`: it calls
   *   `reset`
   */
  constructor(
    private readonly linger: number,
    private readonly connection: { open(): void; close(): void },
  ) {}

  /** Whether there is a lease. */
  get any(): boolean {
    return this.current.count > 0;
  }

  /** Takes a lease, which must be given to `release` once. */
  acquire(): Lease {
    const lease = this.current;
    lease.count++;
    if (!this.isOpen) {
      this.isOpen = true;
      this.connection.open();
    }
    return lease;
  }

  /** Ends a lease; one from before a `reset` is void already. */
  release(lease: Lease): void {
    if (--lease.count > 0 || lease !== this.current) return;
    this.idleSince = monotonicNow();
    this.timer ??= asyncScheduler.schedule(Leases.look, this.linger, this);
  }

  /** The connection is gone for good: all leases are void, and the next one opens another. */
  reset(): void {
    this.current = { count: 0 };
    this.isOpen = false;
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private static look(this: SchedulerAction<Leases>, given?: Leases): void {
    const leases = given!;
    const wait = leases.any ? 0 : leases.idleSince + leases.linger - monotonicNow();
    if (wait > 0 && wait < leases.linger) return void this.schedule(leases, wait);
    leases.timer = undefined;
    if (!leases.any) leases.connection.close();
  }
}
