import {
  BehaviorSubject,
  Observable,
  type Subject,
  type Subscription,
  asyncScheduler,
  catchError,
  defer,
  tap,
} from 'rxjs';
import type { MqttError } from '../errors.js';
import type { ConnectionFailure } from '../stream/ConnectionFailure.js';
import { reconnect } from '../stream/backoff.js';
import type { ClientEvent } from './ClientEvent.js';
import type { ClientState } from './ClientState.js';
import { Holders } from './Holders.js';
import { type Accepted, type AttemptOptions, attempt } from './attempt.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { Dialable } from './serverAddress.js';

/** What the connector needs and whom it tells. */
export interface ConnectorOptions extends Omit<AttemptOptions, 'server' | 'cleanStart'> {
  readonly options: ResolvedOptions;
  readonly events: Subject<ClientEvent>;
  /** The broker for the attempt with this number, from 0. */
  readonly serverFor: (attempt: number) => Observable<Dialable>;
  /** A connection is accepted. */
  readonly onUp: (accepted: Accepted) => void;
  /** Goodbye will be said: what waits for the end of the turn must go out. */
  readonly onClosing: () => void;
  /** A connection that was up is gone. */
  readonly onDown: () => void;
  /** No further attempt will be made for those who hold the connection now. */
  readonly onGivenUp: (error: MqttError) => void;
}

/** Keeps the connection while somebody holds it: attempt after attempt, as the notifier of `retryWhen` says. */
export class Connector {
  readonly state$ = new BehaviorSubject<ClientState>({ status: 'idle' });
  readonly holders: Holders;
  private running: Subscription | undefined;
  private attempts = 0;
  private everUp = false;
  private isUp = false;
  private winding = false;

  constructor(private readonly o: ConnectorOptions) {
    this.holders = new Holders(
      o.options.linger,
      () => this.open(),
      () => {
        this.close();
        this.show({ status: 'idle' });
      },
    );
  }

  /** Whether a connection is there or being made. */
  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Shows a state. While the client winds down, only that it closes. */
  show(state: ClientState): void {
    if (!this.winding || state.status === 'closed') this.state$.next(state);
  }

  /** The client is being ended: from now on that is its state. */
  wind(): void {
    this.show({ status: 'closing' });
    this.winding = true;
  }

  /** Says goodbye and hangs up, at once. */
  close(): void {
    if (!this.running) return;
    this.show({ status: 'closing' });
    this.o.onClosing();
    this.stop();
    this.down();
  }

  private open(): void {
    const running = this.connection$().subscribe({
      error: (error: MqttError) => {
        this.running = undefined;
        this.holders.reset();
        this.o.onGivenUp(error);
      },
    });
    // A transport that fails at once has ended the connection before it could be assigned.
    if (!running.closed) this.running = running;
  }

  private stop(): void {
    const { running } = this;
    this.running = undefined;
    this.holders.reset();
    running?.unsubscribe();
  }

  private connection$(): Observable<Accepted> {
    let number = 0; // of the attempt, since the last connection that was up
    let upSince: number | undefined;
    return defer(() => {
      number++;
      this.show({ status: 'connecting', attempt: number });
      this.emit({ type: 'connecting', attempt: number });
      const { cleanSession } = this.o.options;
      return attempt({
        ...this.o,
        server: this.o.serverFor(this.attempts++),
        cleanStart: cleanSession === 'first' ? !this.everUp : cleanSession,
      });
    }).pipe(
      tap((accepted) => {
        upSince = asyncScheduler.now();
        this.isUp = this.everUp = true;
        this.o.onUp(accepted);
      }),
      // The attempt is released when `defer` runs, and only then are others told of its failure.
      catchError((error: MqttError) =>
        defer(() => {
          const failure = {
            error,
            attempt: number,
            uptime: upSince === undefined ? 0 : asyncScheduler.now() - upSince,
          };
          if (upSince !== undefined) number = 0;
          upSince = undefined;
          this.down(error);
          return this.report(failure, number + 1);
        }),
      ),
      reconnect(this.o.options.retryWhen),
    );
  }

  /** Errors with the failure, and shows how long the notifier said it would wait. */
  private report(failure: Omit<ConnectionFailure, 'retryIn'>, next: number): Observable<never> {
    return new Observable((observer) => {
      const { error: cause } = failure;
      const before = this.state$.value;
      const retryIn = (delay?: number) => {
        const wait = delay === undefined ? {} : { delay };
        const retryAt = delay === undefined ? {} : { retryAt: asyncScheduler.now() + delay };
        this.show({ status: 'waiting', attempt: next, ...wait, ...retryAt, cause });
        this.emit({ type: 'retry', attempt: next, ...wait, cause });
      };
      observer.error({ ...failure, retryIn } satisfies ConnectionFailure);
      // A notifier of the user's may not say how long it waits; one that answered at once is connecting by now.
      if (this.state$.value === before && this.running) retryIn();
    });
  }

  private down(cause?: MqttError): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.o.onDown();
    this.emit(cause ? { type: 'disconnected', cause } : { type: 'disconnected' });
  }

  private emit(event: ClientEvent): void {
    if (this.o.events.observed) this.o.events.next(event);
  }
}
