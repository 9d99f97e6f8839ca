import { type Observable, type Subscriber, asyncScheduler } from 'rxjs';
import type { Accepted } from '../connection/Accepted.js';
import type { Connection } from '../connection/Connection.js';
import { type ConnectionUser, Connector } from '../connection/Connector.js';
import type { Link } from '../connection/Link.js';
import { Traffic } from '../connection/Traffic.js';
import type { ServerFor } from '../connection/serverAddress.js';
import { ClientEndedError, type MqttError, StoreError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { Persistence } from '../session/Persistence.js';
import { Relay } from '../stream/Relay.js';
import { instantNow } from '../stream/clock.js';
import { finish } from '../stream/finish.js';
import type { ClientEvent } from './ClientEvent.js';
import { Incoming } from './Incoming.js';
import { Need, type OnUp } from './Need.js';
import { Publishing } from './Publishing.js';
import { SessionDriver } from './SessionDriver.js';
import { KEEPS_NOTHING, StoreKeeper } from './StoreKeeper.js';
import { within } from './within.js';
import type { ResolvedOptions } from './resolveOptions.js';

/** Puts the parts of a client together: session, connection, listeners, store. What goes on over its connections. */
export class ClientCore implements ConnectionUser {
  readonly traffic = new Traffic();
  readonly events = new Relay<ClientEvent>();
  readonly incoming: Incoming;
  readonly driver: SessionDriver;
  readonly connector: Connector;
  publishing: Publishing;
  connection: Connection | undefined = undefined;
  /** Who needs the connection, publishes apart. */
  needs = new Set<Need>();
  readonly persistence: Persistence | undefined;
  /** Whether no new work is taken. */
  isEnding = false;
  /** Called when the connection is given up, instead of telling those who need it. */
  whenGivenUp: (() => void) | undefined = undefined;
  private readonly keeper: StoreKeeper | undefined;
  private accepted: Accepted | undefined = undefined;
  private opening: Promise<void> | undefined = undefined;

  constructor(
    readonly options: ResolvedOptions,
    serverFor: ServerFor,
  ) {
    this.persistence = options.store?.persistence(options.clientId);
    this.keeper =
      this.persistence &&
      new StoreKeeper(
        this.persistence,
        () => this.connector.leases,
        () => this.driver.turnNeeded(),
      );
    this.incoming = new Incoming(this.traffic, this.events, () => this.resumed());
    this.driver = new SessionDriver(
      options,
      this.incoming,
      this.keeper ?? KEEPS_NOTHING,
      this.persistence,
      this.events,
    );
    this.incoming.attach(this.driver);
    this.connector = new Connector(options, serverFor, this, this);
    this.publishing = new Publishing(this.driver, this.connector.leases);
  }

  /** @throws {ClientEndedError} no new work is taken */
  checkOpen(): void {
    if (this.isEnding) throw new ClientEndedError('the client was ended: create another one');
  }

  /** Whether there is a connection, and not only until its DISCONNECT is written. */
  get isOnline(): boolean {
    return this.connection !== undefined && this.connector.isRunning;
  }

  /**
   * Lets an observer need the connection until it is torn down, and tells it of the error that ends the connection.
   * @param onUp told of the present connection, and of each that follows
   * @param completes whether it completes when the client is ended, and does not err
   */
  need<T>(observer: Subscriber<T>, onUp?: OnUp<T>, completes = false): void {
    if (this.connection && !this.isEnding) onUp?.(observer, this.connection, this.driver.link!);
    const { needs, connector } = this; // `onUp` may have ended the client
    if (this.isEnding && completes) return observer.complete();
    this.checkOpen();
    if (!observer.closed) new Need(observer, onUp, completes, needs, connector.leases).start();
  }

  // ─── what the connector says ───

  ready(): Observable<void> | undefined {
    const { persistence, options } = this;
    if (!persistence || persistence.isOpen) return undefined;
    this.opening ??= persistence
      .open(instantNow())
      .then((stored) => this.driver.run(() => this.restore(stored)))
      .finally(() => (this.opening = undefined));
    const { connectTimeout } = options;
    const what = `the session store did not open within ${connectTimeout} ms`;
    return within(this.opening, connectTimeout, () => new StoreError('open', what));
  }

  receive(packet: Packet): void {
    this.driver.receive(packet);
  }

  up(accepted: Accepted): void {
    const { link, sessionPresent } = accepted;
    this.keeper?.up();
    this.driver.run(() => {
      if (!link.isOpen) return; // it came and went while the queue was busy
      this.traffic.connections++;
      this.accepted = accepted;
      if (!sessionPresent) this.incoming.startOver();
      this.driver.up(accepted);
      this.incoming.noteChange();
    });
  }

  closing(): void {
    this.driver.endTurn();
  }

  down(uptime: number, isLoss: boolean): void {
    this.driver.run(() => {
      const { link } = this.driver;
      this.connection = this.accepted = undefined;
      this.driver.down(uptime, isLoss);
      this.incoming.down();
      link?.settle(); // when everything else knows: they may begin anew at once
    });
  }

  /** Errs everything that needs the connection, once. What begins meanwhile, as a retry does, opens a new connection. */
  givenUp(error: MqttError): void {
    if (this.whenGivenUp) return this.whenGivenUp();
    const { needs } = this;
    this.needs = new Set();
    this.publishing = new Publishing(this.driver, this.connector.leases);
    this.driver.run(() => {
      if (!this.connector.isRunning) this.connector.show({ status: 'closed', cause: error });
      const listeners = this.incoming.listeners.takeAll();
      this.driver.session.step({ type: 'give-up', error, isKept: this.connector.keepsSession });
      for (const { observer } of needs) finish(observer, error);
      for (const { subscriber } of listeners) finish(subscriber, error);
    });
  }

  /** The session is resumed: tells what needs the connection of it. */
  private resumed(): void {
    const { accepted } = this;
    if (!accepted) return;
    const { link, clientId, server, sessionPresent, protocolVersion, properties } = accepted;
    const plain = { clientId, server, sessionPresent, protocolVersion };
    const connection = (this.connection = properties ? { ...plain, properties } : plain);
    this.connector.show({ status: 'online', sessionPresent, since: asyncScheduler.now() });
    this.events.next({ type: 'connected', clientId, server, sessionPresent });
    for (const { observer, onUp } of [...this.needs]) onUp?.(observer, connection, link satisfies Link);
  }

  private restore(stored: Awaited<ReturnType<Persistence['open']>>): void {
    if (this.isEnding) return; // the next process's to send
    const { inherited, setAside, isNew } = stored;
    this.driver.session.now = instantNow();
    this.driver.session.step({ type: 'restore', inherited });
    this.keeper!.inherit(stored);
    if (this.connector.isRunning) this.keeper!.up(); // a store that opens too late opens no connection
    for (const { key, reason } of setAside) this.events.next({ type: 'record-set-aside', key, reason });
    const { inFlight, queued, packetIds } = inherited;
    const counts = { inFlight: inFlight.length, queued: queued.length, received: packetIds.length };
    if (!isNew) this.events.next({ type: 'recovered', ...counts });
    this.driver.session.step({ type: 'expire' }); // before a connection can be faster
  }
}
