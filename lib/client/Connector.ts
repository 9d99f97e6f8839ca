import { Observable, type Subscription, asyncScheduler, catchError, defer, from, switchMap, throwError } from 'rxjs';
import type { ConnectionLostError, MqttError } from '../errors.js';
import type { ConnectionFailure } from '../stream/ConnectionFailure.js';
import { backoff, reconnect } from '../stream/backoff.js';
import { subscribeHeld } from '../stream/subscribeHeld.js';
import type { ClientState } from './ClientState.js';
import { Holders } from './Holders.js';
import { Relay } from './Relay.js';
import { type Accepted, type AttemptHost, type Reporter, attempt } from './attempt.js';
import type { ServerFor } from './serverAddress.js';

/** What the connector needs and whom it tells. */
export interface ConnectorHost extends AttemptHost {
  readonly serverFor: ServerFor;
  /** What must be done before the first attempt, unless it is done: the store opens. Rejects with an `MqttError`. */
  ready(): Promise<void> | undefined;
  /** A connection is accepted. */
  onUp(accepted: Accepted): void;
  /** Goodbye will be said: what waits for the end of the turn must go out. */
  onClosing(): void;
  /** A connection that was up is gone. */
  onDown(): void;
  /** No further attempt will be made for those who hold the connection now. */
  onGivenUp(error: MqttError): void;
  /** The last publish in flight may be one that nobody waits for any more: those are released. */
  sweep(): void;
}

/** Keeps the connection while somebody holds it: attempt after attempt, as the notifier of `retryWhen` says. */
export class Connector implements Reporter {
  readonly states = new Relay<ClientState>({ status: 'idle' });
  readonly holders: Holders;
  private running: Subscription | undefined = undefined;
  /** All attempts, and those since the last connection that was up. */
  private attempts = 0;
  private number = 0;
  private everUp = false;
  /** When the connection was accepted, while it is up. */
  private upSince: number | undefined = undefined;
  private isClosing = false;
  /** The last failure, while nobody has said how long the wait for the next attempt will be. */
  private unsaid: ConnectionFailure | undefined = undefined;
  private winding = false;

  constructor(private readonly host: ConnectorHost) {
    this.holders = new Holders(host.options.linger, this);
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

  /** For `Holders`. */
  sweep(): void {
    this.host.sweep();
  }

  /** Says goodbye and hangs up, at once. Whoever comes meanwhile gets a new connection when the old one is gone. */
  close(): void {
    const { running, upSince } = this;
    if (!running) return;
    this.running = undefined;
    this.holders.reset();
    this.isClosing = true;
    this.show({ status: 'closing' });
    this.host.onClosing();
    // Before DISCONNECT: what somebody publishes when they see it waits for the next connection.
    if (upSince !== undefined) this.down();
    running.unsubscribe();
    if (upSince !== undefined) this.host.events.next({ type: 'disconnected' });
    this.isClosing = false;
    if (this.holders.isHeld) return this.open();
    this.holders.reset(); // somebody may have come and gone meanwhile
    this.show({ status: 'idle' });
  }

  /** For `Holders`: somebody needs the connection. */
  open(): void {
    if (this.isClosing) return; // two connections with one client identifier would take each other over
    this.number = 0;
    // Taken hold of before it dials: over a transport in memory all of it may be past when `subscribe` returns.
    const connections$ = defer(() => this.attempt()).pipe(reconnect((failures) => this.notified(failures)));
    subscribeHeld(connections$, this, (running) => (this.running = running));
  }

  /** A connection is accepted. */
  next(accepted: Accepted): void {
    this.upSince = asyncScheduler.now();
    this.everUp = true;
    this.host.onUp(accepted);
  }

  /** There will be no other attempt. */
  error(error: MqttError): void {
    this.running = undefined;
    this.holders.reset();
    this.host.onGivenUp(error);
  }

  private attempt(): Observable<Accepted> {
    const { cleanSession } = this.host.options;
    const attemptNumber = ++this.number;
    this.unsaid = undefined;
    this.show({ status: 'connecting', attempt: attemptNumber });
    this.host.events.next({ type: 'connecting', attempt: attemptNumber });
    const connection$ = attempt(this.host, {
      server: this.host.serverFor(this.attempts++),
      cleanStart: cleanSession === 'first' ? !this.everUp : cleanSession,
      reporter: this,
    });
    const ready = this.host.ready();
    return ready ? this.when(ready, connection$) : connection$;
  }

  private when(ready: Promise<void>, connection$: Observable<Accepted>): Observable<Accepted> {
    return from(ready).pipe(
      catchError((error: MqttError) => throwError(() => this.failed(error))),
      switchMap(() => connection$),
    );
  }

  /** The attempt, or the connection that it became, has failed and is released; only then are others told. */
  failed(error: MqttError): ConnectionFailure {
    const { number, upSince } = this;
    const uptime = upSince === undefined ? 0 : asyncScheduler.now() - upSince;
    if (upSince !== undefined) this.number = 0;
    const next = this.number + 1;
    this.unsaid = { error, attempt: number, uptime, retryIn: (delay) => this.showWaiting(next, error, delay) };
    const failure = this.unsaid;
    if (upSince !== undefined) {
      this.down();
      const { closeCode } = error as Partial<ConnectionLostError>;
      this.host.events.next({ type: 'disconnected', cause: error, ...(closeCode === undefined ? {} : { closeCode }) });
    }
    return failure;
  }

  /** Asks the notifier of the options; where it neither says how long it waits nor answers at once, shows that it waits. */
  private notified(failures: Observable<ConnectionFailure>): Observable<unknown> {
    return new Observable((answers) => {
      const notifier = this.host.options.retryWhen ?? backoff();
      from(notifier(failures)).subscribe(answers);
      // Subscribed second, so told second: the notifier has heard of the failure by then.
      answers.add(
        failures.subscribe((failure) => {
          if (this.unsaid === failure && this.running) this.showWaiting(this.number + 1, failure.error);
        }),
      );
    });
  }

  private showWaiting(attempt: number, cause: MqttError, delay?: number): void {
    this.unsaid = undefined;
    const wait = delay === undefined ? {} : { delay };
    const retryAt = delay === undefined ? {} : { retryAt: asyncScheduler.now() + delay };
    this.show({ status: 'waiting', attempt, ...wait, ...retryAt, cause });
    this.host.events.next({ type: 'retry', attempt, ...wait, cause });
  }

  private down(): void {
    this.upSince = undefined;
    this.host.onDown();
  }
}
