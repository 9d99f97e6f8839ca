import {
  Observable,
  type Subscription,
  asyncScheduler,
  catchError,
  defer,
  from,
  isObservable,
  switchMap,
  throwError,
} from 'rxjs';
import type { ConnectionLostError, MqttError, Referral } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { ConnectionFailure } from '../stream/ConnectionFailure.js';
import { Relay } from '../stream/Relay.js';
import { STABLE_AFTER, backoff, reconnect } from '../stream/backoff.js';
import { monotonicNow } from '../stream/clock.js';
import { letGo } from '../stream/letGo.js';
import { subscribeWith } from '../stream/subscribeWith.js';
import type { Accepted } from './Accepted.js';
import { attempt } from './Attempt.js';
import type { AttemptObserver } from './AttemptOptions.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import type { ConnectionState } from './ConnectionState.js';
import { Leases } from './Leases.js';
import type { LinkRecords } from './Link.js';
import { NextServer } from './NextServer.js';
import { TakeoverHint } from './TakeoverHint.js';
import { Versions } from './Versions.js';
import type { Dialable, ServerFor } from './serverAddress.js';

/** What goes on over the connections of a client: the session, and what depends on it. */
export interface ConnectionUser {
  /** What must be done before the next attempt, unless it is done: a store opens. Errors with an `MqttError`. */
  ready(): Observable<void> | undefined;
  /** The server has accepted a connection. */
  up(accepted: Accepted): void;
  /** A packet came, other than CONNACK and PINGRESP. */
  receive(packet: Packet): void;
  /** This client will close the connection: what waits for the end of the turn must be written. */
  closing(): void;
  /**
   * A connection that was up is gone.
   * @param uptime milliseconds that it was up
   * @param isLoss `false` if this client has closed it
   */
  down(uptime: number, isLoss: boolean): void;
  /** The connection is given up: there will be no further attempt for the present leases. */
  givenUp(error: MqttError): void;
}

/** Keeps the connection while there are leases of it: attempt after attempt, as the notifier of `retryWhen` says. */
export class Connector implements AttemptObserver {
  readonly states = new Relay<ConnectionState>({ status: 'idle' });
  readonly leases: Leases;
  private takeover: TakeoverHint | undefined = undefined;
  private running: Subscription | undefined = undefined;
  /** Counts attempts since the last connection that was up. */
  private number = 0;
  private readonly server: NextServer;
  private everUp = false;
  private readonly versions: Versions;
  /** That of the options, or the one that a server assigned. */
  clientId: string;
  /** For people: the server of the last attempt, if that is known. */
  private label: string | undefined = undefined;
  /** Whether the server keeps the session of the last connection. */
  keepsSession: boolean;
  /** When the connection was accepted, while it is up. */
  private upSince: number | undefined = undefined;
  private isClosing = false;
  private isSuspended = false;
  /** The last failure, until the wait for the next attempt is shown. */
  private unshown: ConnectionFailure | undefined = undefined;
  private isEnding = false;

  constructor(
    private readonly options: ConnectionOptions,
    serverFor: ServerFor,
    private readonly records: LinkRecords,
    private readonly user: ConnectionUser,
  ) {
    this.leases = new Leases(options.linger, this);
    this.server = new NextServer(serverFor, options.followServerReference);
    this.versions = new Versions(options.protocolVersion);
    this.clientId = options.clientId;
    this.keepsSession = options.cleanSession === false;
  }

  /** Whether a connection is there or being made. */
  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Whether there is no connection, and none is made or closed. */
  get isAtRest(): boolean {
    return !this.running && !this.isClosing;
  }

  /** For people: the server of the last attempt, or of the first one to come; nothing where a function will tell. */
  get serverLabel(): string | undefined {
    return this.label ?? labelOf(this.server.first);
  }

  /** Shows a state. While the client ends, only that it closes. */
  show(state: ConnectionState): void {
    if (!this.isEnding || state.status === 'closed') this.states.next(state);
  }

  /** The client is being ended: from now on that is its state. */
  ending(): void {
    if (this.running) this.show({ status: 'closing' });
    this.isEnding = true;
  }

  /** Nobody needs the connection any more, or the client ends. A lease taken meanwhile opens a new one afterwards. */
  close(): void {
    this.leases.reset();
    this.renew();
  }

  /** Makes the connection anew, if there is one or one is being made. Leases stay; attempts and delays start over. */
  renew(): void {
    if (!this.running) return;
    this.drop();
    this.goOn();
  }

  /** No connection is made until `resume`, and the present one is closed. Leases stay. */
  suspend(): void {
    if (this.isSuspended) return;
    this.isSuspended = true;
    this.drop();
    this.records.events.next({ type: 'suspended' });
    this.goOn();
  }

  /** Connections are made again: at once, if there is a lease. */
  resume(): void {
    if (!this.isSuspended) return;
    this.isSuspended = false;
    this.records.events.next({ type: 'resumed' });
    this.goOn();
  }

  /** For `Leases`: the first lease is taken. */
  open(): void {
    // Two connections with one client identifier would take each other over.
    if (this.isClosing || this.isSuspended) return;
    this.number = 0;
    // The subscription is known before it dials: over a transport in memory all may be past when `subscribe` returns.
    const connections$ = defer(() => this.attempt()).pipe(reconnect((failures) => this.notified(failures)));
    subscribeWith(connections$, this, (running) => (this.running = running));
  }

  /** A connection is accepted. */
  next(accepted: Accepted): void {
    this.upSince = monotonicNow();
    const { clientId, server, properties } = accepted;
    this.clientId = clientId;
    this.label = server;
    // A server may keep a session that was not asked for: the next connection discards it.
    const { cleanSession } = this.options;
    this.keepsSession = properties ? cleanSession !== true && properties.sessionExpiryInterval > 0 : !this.startsClean;
    this.everUp = true;
    this.user.up(accepted);
  }

  /** There will be no other attempt. */
  error(error: MqttError): void {
    this.running = undefined;
    this.leases.reset();
    this.user.givenUp(error);
  }

  private get startsClean(): boolean {
    const { cleanSession } = this.options;
    return cleanSession === 'first' ? !this.everUp : cleanSession;
  }

  private attempt(): Observable<Accepted> {
    const number = ++this.number;
    this.unshown = undefined;
    this.show({ status: 'connecting', attempt: number });
    this.records.events.next({ type: 'connecting', attempt: number });
    const server = this.server.take();
    this.label = labelOf(server) ?? this.label;
    const connection$ = attempt(this.options, this.records, {
      server,
      clientId: this.clientId,
      versions: this.versions,
      cleanStart: this.startsClean,
      observer: this,
    });
    const ready = this.user.ready();
    return ready ? this.when(ready, connection$) : connection$;
  }

  private when(ready: Observable<void>, connection$: Observable<Accepted>): Observable<Accepted> {
    return ready.pipe(
      catchError((error: MqttError) => throwError(() => this.failed(error))),
      switchMap(() => connection$),
    );
  }

  /** For `Attempt`. */
  receive(packet: Packet): void {
    // What answers to the packets that leave with DISCONNECT comes when the connection is over for its user.
    if (this.upSince !== undefined) this.user.receive(packet);
  }

  /** For `Attempt`. */
  refer(reasonCode: number, reference: string | undefined, from: Dialable): Referral | undefined {
    return this.server.refer(reasonCode, reference, from);
  }

  /** For `Attempt`: it, or the connection that it became, has failed and is released; only then are others told. */
  failed(error: MqttError): ConnectionFailure {
    const { number, upSince } = this;
    const uptime = upSince === undefined ? 0 : monotonicNow() - upSince;
    if (upSince !== undefined) this.number = 0;
    if (uptime >= STABLE_AFTER) this.server.stay();
    const next = this.number + 1;
    const failure: ConnectionFailure = {
      error,
      attempt: number,
      uptime,
      retryIn: (delay) => this.showWaiting(next, error, delay),
    };
    this.unshown = failure;
    if (upSince !== undefined) {
      this.down(true);
      const { closeCode } = error as Partial<ConnectionLostError>;
      const event = { type: 'disconnected', cause: error, ...(closeCode === undefined ? {} : { closeCode }) } as const;
      this.records.events.next(event);
      this.takeover ??= new TakeoverHint(this.clientId, this.records.events);
      this.takeover.lost(uptime, error);
    }
    return failure;
  }

  /** Asks the notifier of the options; where it neither says how long it waits nor answers at once, shows that it waits. */
  private notified(failures: Observable<ConnectionFailure>): Observable<unknown> {
    return new Observable((answers) => {
      const notifier = this.options.retryWhen ?? backoff();
      from(notifier(failures)).subscribe(answers);
      // Subscribed second, so told second: the notifier has heard of the failure by then.
      answers.add(
        failures.subscribe((failure) => {
          if (this.unshown === failure && this.running) this.showWaiting(this.number + 1, failure.error);
        }),
      );
    });
  }

  private showWaiting(attempt: number, cause: MqttError, delay?: number): void {
    this.unshown = undefined;
    const wait = delay === undefined ? {} : { delay };
    const retryAt = delay === undefined ? {} : { retryAt: asyncScheduler.now() + delay };
    this.show({ status: 'waiting', attempt, ...wait, ...retryAt, cause });
    this.records.events.next({ type: 'retry', attempt, ...wait, cause });
  }

  /** Sends DISCONNECT and hangs up, at once; ends an attempt, or the wait for one. Nothing of that is a failure. */
  private drop(): void {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    this.isClosing = true;
    this.show({ status: 'closing' });
    this.user.closing();
    const wasUp = this.upSince !== undefined;
    // Before DISCONNECT: a publish in reaction to that waits for the next connection.
    if (wasUp) {
      this.server.stay();
      const uptime = this.down(false);
      this.takeover?.closed(uptime);
    }
    letGo(running);
    if (wasUp) this.records.events.next({ type: 'disconnected' });
    this.isClosing = false;
  }

  /** After a `drop`: opens what leases ask for. */
  private goOn(): void {
    if (this.running || this.isClosing) return; // what was called back has done more
    if (this.isSuspended) return this.show({ status: 'suspended' });
    if (this.leases.any) return this.open();
    this.leases.reset(); // leases may have come and gone meanwhile
    this.show({ status: 'idle' });
  }

  /** @returns milliseconds that it was up */
  private down(isLoss: boolean): number {
    const uptime = monotonicNow() - this.upSince!;
    this.upSince = undefined;
    this.user.down(uptime, isLoss);
    return uptime;
  }
}

function labelOf(server: Dialable | Observable<Dialable>): string | undefined {
  return isObservable(server) ? undefined : server.label;
}
