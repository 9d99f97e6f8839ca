import { Observable, type Subscription, asyncScheduler, catchError, defer, from, throwError } from 'rxjs';
import type { ConnectionLostError, MqttError } from '../errors.js';
import type { ConnectionFailure } from '../stream/ConnectionFailure.js';
import { reconnect } from '../stream/backoff.js';
import type { ClientEvent } from './ClientEvent.js';
import type { ClientState } from './ClientState.js';
import { Holders } from './Holders.js';
import { Relay } from './Relay.js';
import { type Accepted, type AttemptOptions, attempt } from './attempt.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { Dialable } from './serverAddress.js';

/** What the connector needs and whom it tells. */
export interface ConnectorOptions extends Omit<AttemptOptions, 'server' | 'cleanStart'> {
  readonly options: ResolvedOptions;
  readonly events: Relay<ClientEvent>;
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
  readonly states = new Relay<ClientState>({ status: 'idle' });
  readonly holders: Holders;
  private running: Subscription | undefined;
  private attempts = 0;
  private everUp = false;
  private isUp = false;
  private isClosing = false;
  /** The last failure, while nobody has said how long the wait for attempt number `next` will be. */
  private unsaid: { readonly failure: ConnectionFailure; readonly next: number } | undefined;
  private winding = false;

  constructor(private readonly o: ConnectorOptions) {
    this.holders = new Holders(
      o.options.linger,
      () => this.open(),
      () => this.close(),
    );
  }

  /** Whether a connection is there or being made. */
  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Shows a state. While the client winds down, only that it closes. */
  show(state: ClientState): void {
    if (!this.winding || state.status === 'closed') this.states.next(state);
  }

  /** The client is being ended: from now on that is its state. */
  wind(): void {
    if (this.running) this.show({ status: 'closing' });
    this.winding = true;
  }

  /** Says goodbye and hangs up, at once. Whoever comes meanwhile gets a new connection when the old one is gone. */
  close(): void {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    this.holders.reset();
    this.isClosing = true;
    this.show({ status: 'closing' });
    this.o.onClosing();
    const { isUp } = this;
    if (isUp) this.down(); // before DISCONNECT: what somebody publishes when they see it waits for the next connection
    running.unsubscribe();
    if (isUp) this.emit({ type: 'disconnected' });
    this.isClosing = false;
    if (this.holders.isHeld) return this.open();
    this.holders.reset(); // somebody may have come and gone meanwhile
    this.show({ status: 'idle' });
  }

  private open(): void {
    if (this.isClosing) return; // two connections with one client identifier would take each other over
    let number = 0; // of the attempt, since the last connection that was up
    let upSince: number | undefined;
    const attempt$ = defer(() => {
      number++;
      this.unsaid = undefined;
      this.show({ status: 'connecting', attempt: number });
      this.emit({ type: 'connecting', attempt: number });
      return this.attempt();
    });
    // The attempt is released when this runs, and only then are others told of its failure.
    const failed$ = (error: MqttError) =>
      defer(() => {
        const uptime = upSince === undefined ? 0 : asyncScheduler.now() - upSince;
        const failure = this.failure(error, number, uptime, upSince === undefined ? number + 1 : 1);
        if (upSince !== undefined) number = 0;
        upSince = undefined;
        if (this.isUp) {
          this.down();
          const { closeCode } = error as Partial<ConnectionLostError>;
          this.emit({ type: 'disconnected', cause: error, ...(closeCode === undefined ? {} : { closeCode }) });
        }
        return throwError(() => failure);
      });
    // Taken hold of before it dials: over a transport in memory all of it may be past when `subscribe` returns.
    new Observable<Accepted>((running) => {
      this.running = running;
      attempt$
        .pipe(
          catchError(failed$),
          reconnect((failures) => this.notified(failures)),
        )
        .subscribe(running);
    }).subscribe({
      next: (accepted) => {
        upSince = asyncScheduler.now();
        this.isUp = this.everUp = true;
        this.o.onUp(accepted);
      },
      error: (error: MqttError) => {
        this.running = undefined;
        this.holders.reset();
        this.o.onGivenUp(error);
      },
    });
  }

  private attempt(): Observable<Accepted> {
    const { cleanSession } = this.o.options;
    return attempt({
      ...this.o,
      server: this.o.serverFor(this.attempts++),
      cleanStart: cleanSession === 'first' ? !this.everUp : cleanSession,
    });
  }

  /** A failure with which the notifier can say how long it will wait before attempt number `next`. */
  private failure(error: MqttError, attempt: number, uptime: number, next: number): ConnectionFailure {
    const failure = { error, attempt, uptime, retryIn: (delay: number) => this.showWaiting(next, error, delay) };
    this.unsaid = { failure, next };
    return failure;
  }

  /** Asks the notifier of the options; where it neither says how long it waits nor answers at once, shows that it waits. */
  private notified(failures: Observable<ConnectionFailure>): Observable<unknown> {
    return new Observable((answers) => {
      from(this.o.options.retryWhen(failures)).subscribe(answers);
      // Subscribed second, so told second: the notifier has heard of the failure by then.
      answers.add(
        failures.subscribe((failure) => {
          const { unsaid } = this;
          if (unsaid?.failure === failure && this.running) this.showWaiting(unsaid.next, failure.error);
        }),
      );
    });
  }

  private showWaiting(attempt: number, cause: MqttError, delay?: number): void {
    this.unsaid = undefined;
    const wait = delay === undefined ? {} : { delay };
    const retryAt = delay === undefined ? {} : { retryAt: asyncScheduler.now() + delay };
    this.show({ status: 'waiting', attempt, ...wait, ...retryAt, cause });
    this.emit({ type: 'retry', attempt, ...wait, cause });
  }

  private down(): void {
    this.isUp = false;
    this.o.onDown();
  }

  private emit(event: ClientEvent): void {
    if (this.o.events.observed) this.o.events.next(event);
  }
}
