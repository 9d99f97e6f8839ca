import type { Subscriber, Unsubscribable } from 'rxjs';
import type { Connection } from '../connection/Connection.js';
import type { Lease, Leases } from '../connection/Leases.js';
import type { Link } from '../connection/Link.js';

/** Told of a connection. */
export type OnUp<T> = (observer: Subscriber<T>, connection: Connection, link: Link) => void;

/** An observer that needs the connection. It is told of each connection, and of the fatal error that ends them. */
export class Need<T = unknown> implements Unsubscribable {
  private lease: Lease | undefined;

  /**
   * @param observer it errs with the connection
   * @param onUp told of the present connection, and of each that follows
   * @param completes whether the observer completes when the client is ended, and does not err
   */
  constructor(
    readonly observer: Subscriber<T>,
    readonly onUp: OnUp<T> | undefined,
    readonly completes: boolean,
    private readonly all: Set<Need<T>>,
    private readonly leases: Leases,
  ) {}

  /** Needs the connection until the observer is torn down. */
  start(): void {
    this.all.add(this);
    this.observer.add(this);
    this.lease = this.leases.acquire();
    if (this.observer.closed) this.unsubscribe(); // the connection failed at once
  }

  unsubscribe(): void {
    const { lease } = this;
    this.all.delete(this);
    this.lease = undefined;
    if (lease) this.leases.release(lease);
  }
}
