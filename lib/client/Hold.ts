import type { Subscriber, Unsubscribable } from 'rxjs';
import type { Connection } from './Connection.js';
import type { Holders } from './Holders.js';
import type { Link } from './Link.js';

/** Told of a connection. */
export type OnUp<T> = (observer: Subscriber<T>, connection: Connection, link: Link) => void;

/** Whoever holds the connection, publishes apart: hears of each connection, and of the fatal error that ends them. */
export class Hold<T = unknown> implements Unsubscribable {
  private epoch: number | undefined;

  /**
   * @param observer it errs with the connection
   * @param onUp told of the present connection, and of each that follows
   * @param completes whether the observer completes when the client is ended, and does not err
   * @param holds those who hold the connection, this one among them
   */
  constructor(
    readonly observer: Subscriber<T>,
    readonly onUp: OnUp<T> | undefined,
    readonly completes: boolean,
    private readonly holds: Set<Hold<T>>,
    private readonly holders: Holders,
  ) {}

  /** Holds the connection until the observer is torn down. */
  start(): void {
    this.holds.add(this);
    this.observer.add(this);
    this.epoch = this.holders.acquire(false);
    if (this.observer.closed) this.unsubscribe(); // the connection failed at once
  }

  unsubscribe(): void {
    this.holds.delete(this);
    if (this.epoch !== undefined) this.holders.release(this.epoch, false);
  }
}
