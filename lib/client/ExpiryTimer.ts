import { type Subscription, asyncScheduler } from 'rxjs';
import type { Outgoing } from '../session/Outgoing.js';
import { remaining } from '../session/lifetime.js';
import { instantNow, monotonicNow } from '../stream/clock.js';
import { LONGEST_TIMER } from '../stream/checkOption.js';

/** Milliseconds at least between two looks, however many messages expire one after the other. */
const LEAST = 10;

/** Wakes when the first of the messages that wait has waited long enough. */
export class ExpiryTimer {
  private timer: Subscription | undefined;
  /** When it fires, by the monotonic clock. */
  private firesAt = Infinity;

  /**
   * @param session the messages that wait
   * @param expired called when some may have waited too long
   */
  constructor(
    private readonly session: { readonly expiring: ReadonlySet<Outgoing> },
    private readonly expired: () => void,
  ) {}

  get isArmed(): boolean {
    return this.timer !== undefined;
  }

  /** A message waits. */
  add({ lifetime }: Outgoing): void {
    if (lifetime) this.arm(remaining(lifetime, instantNow()));
  }

  /** Ends the wait if nothing expires any more. */
  update(): void {
    if (this.session.expiring.size === 0) this.stop();
    else if (!this.timer) this.armAll();
  }

  stop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.firesAt = Infinity;
  }

  private armAll(): void {
    const now = instantNow();
    let soonest = Infinity;
    for (const { lifetime } of this.session.expiring) soonest = Math.min(soonest, remaining(lifetime!, now));
    this.arm(soonest);
  }

  private arm(ms: number): void {
    const wait = Math.min(Math.max(LEAST, Math.ceil(ms)), LONGEST_TIMER);
    const firesAt = monotonicNow() + wait;
    if (this.timer && this.firesAt <= firesAt) return;
    this.stop();
    this.firesAt = firesAt;
    this.timer = asyncScheduler.schedule(() => this.fire(), wait);
  }

  private fire(): void {
    this.stop();
    this.expired();
    this.update();
  }
}
