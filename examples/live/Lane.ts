import { type Subscription, timer } from 'rxjs';

/** What a lane asks about the network at each moment. */
export interface Weather {
  /** Milliseconds that everything takes. */
  readonly latency: number;
  /** Nothing passes. */
  readonly isStalled: boolean;
}

/** One direction of a connection: what passes arrives late, in order; while the network is stalled it waits. */
export class Lane {
  private readonly waiting: { readonly due: number; readonly arrive: () => void }[] = [];
  private alarm: Subscription | undefined;
  private lastDue = 0;
  /** Nothing arrives any more. */
  isSwallowing = false;

  constructor(private readonly weather: () => Weather) {}

  /** @param arrive called when it is there */
  pass(arrive: () => void): void {
    if (this.isSwallowing) return;
    // Never before what came earlier, when the network was slower.
    this.lastDue = Math.max(this.lastDue, performance.now() + this.weather().latency);
    this.waiting.push({ due: this.lastDue, arrive });
    if (this.waiting.length === 1) this.look();
  }

  /** The weather may have changed. */
  look(): void {
    this.alarm?.unsubscribe();
    const [head] = this.waiting;
    if (!head || this.weather().isStalled) return;
    this.alarm = timer(Math.max(0, head.due - performance.now())).subscribe(() => this.arrive());
  }

  /** Nothing arrives any more: what is on the way is lost, and what comes is swallowed. */
  swallow(): void {
    this.isSwallowing = true;
    this.waiting.length = 0;
    this.alarm?.unsubscribe();
  }

  private arrive(): void {
    const now = performance.now() + 1; // timers may be a little early
    while (!this.isSwallowing && this.waiting[0] && this.waiting[0].due <= now) this.waiting.shift()!.arrive();
    this.look();
  }
}
