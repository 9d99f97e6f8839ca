import { type Observable, finalize, timer } from 'rxjs';
import type { ClientEvent } from '../../lib/index.browser.js';

/** How many jobs the worker has in hand at most: its `receiveMaximum`. */
export const IN_HAND = 12;
/** How many of them it works on at a time: its `concurrency`. */
export const AT_WORK = 3;

/** The books of the slow worker: how many jobs wait, are in hand, are worked on, are done. Jobs are numbers from 1. */
export class Jobs {
  sent = 0;
  /** Died with the broker. */
  gone = 0;
  /** Worked on once more: QoS 1 allows it, after a connection that was lost before the acknowledgement. */
  again = 0;
  /** Milliseconds that a job takes. */
  pace = 250;
  /** The worker has enough in hand, and reads no further. */
  isPaused = false;
  /** Jobs in the middle of their work. */
  readonly working = new Set<{ readonly since: number; readonly span: number }>();
  private readonly finished = new Set<number>();
  private readonly held = new Set<number>();
  /** Taken by the broker, and not passed on. */
  private readonly atBroker = new Set<number>();
  /** Came before the one who sent it knew that the broker has it. */
  private readonly early = new Set<number>();

  get done(): number {
    return this.finished.size;
  }

  /** In hand, those that are worked on among them. */
  get inHand(): number {
    return this.held.size;
  }

  /** Not in hand yet: at the broker, on the way, or in the queue of the one who sends them. */
  get waiting(): number {
    const again = [...this.held].filter((job) => this.finished.has(job)).length;
    return Math.max(0, this.sent - this.gone - this.done - this.inHand + again);
  }

  /** The broker has it. */
  taken(job: number): void {
    if (!this.early.delete(job)) this.atBroker.add(job);
  }

  /** The work on one job: it takes its time. Unsubscribing breaks it off. */
  work(): Observable<unknown> {
    const job = { since: performance.now(), span: this.pace * (0.8 + Math.random() * 0.4) };
    this.working.add(job);
    return timer(job.span).pipe(finalize(() => this.working.delete(job)));
  }

  finish(job: number): void {
    if (this.finished.has(job)) this.again++;
    this.finished.add(job);
    this.held.delete(job);
  }

  /** Follows what happens to the worker's client. */
  note(event: ClientEvent): void {
    switch (event.type) {
      case 'packet-received':
        if (event.packet.type === 'publish') this.came(Number(new TextDecoder().decode(event.packet.payload)));
        return;
      case 'paused':
      case 'reading':
        this.isPaused = event.type === 'paused';
        return;
      case 'disconnected':
        this.isPaused = false;
        return;
      case 'connected':
        if (!event.sessionPresent) this.forget();
        return;
      default:
    }
  }

  private came(job: number): void {
    this.held.add(job);
    if (!this.atBroker.delete(job)) this.early.add(job);
  }

  private forget(): void {
    this.gone += this.atBroker.size;
    this.atBroker.clear();
    this.early.clear();
  }
}
