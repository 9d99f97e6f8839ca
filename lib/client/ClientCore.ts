import { type Subscriber, type Subscription, asyncScheduler, from, race, timer } from 'rxjs';
import { ClientEndedError, MessageExpiredError, type MqttError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import { LONGEST_TIMER } from '../stream/checkOption.js';
import type { ClientEvent } from './ClientEvent.js';
import { Connector, type ConnectorHost } from './Connector.js';
import type { Connection } from './Connection.js';
import { Hold, type OnUp } from './Hold.js';
import type { Holders } from './Holders.js';
import type { Link } from './Link.js';
import type { Persistence, PersistenceHost } from './Persistence.js';
import type { Publication } from './Publication.js';
import type { PublishCall, PublishHost } from './PublishCall.js';
import { Relay } from './Relay.js';
import { SessionHost } from './SessionHost.js';
import { Traffic } from './Traffic.js';
import type { Accepted } from './attempt.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { ServerFor } from './serverAddress.js';

/** What the verbs of a client share: the connection that they hold, the errors that end them, and the end. */
export class ClientCore implements PublishHost, ConnectorHost, PersistenceHost {
  readonly traffic = new Traffic();
  readonly events = new Relay<ClientEvent>();
  /** Completes when the client has ended. */
  readonly over = new Relay<never>();
  readonly host: SessionHost;
  readonly connector: Connector;
  connection: Connection | undefined = undefined;
  private readonly persistence: Persistence | undefined;
  private link: Link | undefined = undefined;
  private holds = new Set<Hold>();
  private deadline: Subscription | undefined = undefined;
  private endTimeout = 0;
  private ending = false;
  private ended = false;

  constructor(
    readonly options: ResolvedOptions,
    readonly serverFor: ServerFor,
  ) {
    this.host = new SessionHost(options, this.traffic, this.events);
    this.connector = new Connector(this);
    this.persistence = options.store?.attach(this);
    if (this.persistence) this.host.keepIn(this.persistence);
  }

  /** @throws {ClientEndedError} no new work is taken */
  checkOpen(): void {
    if (this.ending) throw new ClientEndedError('the client was ended: create another one');
  }

  /** Whether there is a connection, and not only until its DISCONNECT is written. */
  get isOnline(): boolean {
    return this.connection !== undefined && this.connector.isRunning;
  }

  get holders(): Holders {
    return this.connector.holders;
  }

  withdraw(call: PublishCall): void {
    this.host.push({ is: 'withdraw', outgoing: call });
  }

  expire(message: Publication): void {
    const error = new MessageExpiredError('the message waited longer than its expiry, and was not sent');
    this.host.push({ is: 'expire', outgoing: message, error });
  }

  /**
   * Lets an observer hold the connection until it is torn down, and tells it of the error that ends the connection.
   * @param onUp told of the present connection, and of each that follows
   * @param completes whether it completes when the client is ended, and does not err
   */
  hold<T>(observer: Subscriber<T>, onUp?: OnUp<T>, completes = false): void {
    if (this.connection && !this.ending) onUp?.(observer, this.connection, this.link!);
    const { holds, holders } = this; // whoever was told of the connection may have ended the client
    if (this.ending && completes) return observer.complete();
    this.checkOpen();
    if (!observer.closed) new Hold(observer, onUp, completes, holds, holders).start();
  }

  /** See `MqttClient.end`. */
  end(timeout: number, force: boolean): void {
    if (this.ended) return;
    this.endTimeout = timeout;
    if (force || !this.connector.isRunning) return this.finish();
    if (!this.ending) this.wind(timeout);
  }

  // ─── what the connector says ───

  sweep(): void {
    this.host.sweep();
  }

  ready(): Promise<void> | undefined {
    return this.persistence?.ready();
  }

  onPacket(packet: Packet): void {
    this.host.receive(packet);
  }

  onCongestion(congested: boolean): void {
    this.host.push({ is: 'congested', congested });
  }

  onUp({ link, server, sessionPresent }: Accepted): void {
    this.persistence?.hold();
    this.host.up(link, sessionPresent, () => {
      const { clientId } = this.options;
      const connection = (this.connection = { clientId, server, sessionPresent });
      this.link = link;
      this.connector.show({ status: 'online', sessionPresent, since: asyncScheduler.now() });
      this.events.next({ type: 'connected', clientId, server, sessionPresent });
      for (const { observer, onUp } of [...this.holds]) onUp?.(observer, connection, link);
    });
  }

  /** Goodbye will be said: what waits for the end of the turn must go out. */
  onClosing(): void {
    this.host.endTurn();
  }

  onDown(): void {
    const { link } = this;
    this.host.then(() => (this.connection = this.link = undefined));
    this.host.down();
    this.host.then(() => link?.settlePings()); // when everything else knows: they may begin anew at once
  }

  /** A fatal error: everybody who waits is told, once. Those who come while they are told begin anew. */
  onGivenUp(error: MqttError): void {
    if (this.ending) return this.finish();
    const { holds } = this;
    this.holds = new Set();
    this.host.then(() => {
      if (!this.connector.isRunning) this.connector.show({ status: 'closed', cause: error });
      const listeners = this.host.routes.takeAll();
      this.host.session.step({ is: 'abandon', error, isEnd: false });
      for (const { observer } of holds) observer.error(error);
      for (const { subscriber } of listeners) subscriber.error(error);
    });
  }

  /** Lets what is unfinished go on. */
  private wind(timeout: number): void {
    this.ending = true;
    this.holders.acquire(false);
    this.connector.wind();
    const finish = () => this.finish();
    this.host.onIdle(finish);
    // It may have ended meanwhile: nothing was unfinished, or whoever heard of it has forced the end.
    if (!this.ended && timeout <= LONGEST_TIMER) this.deadline = asyncScheduler.schedule(finish, timeout);
  }

  private finish(): void {
    if (this.ended) return;
    this.ending = this.ended = true;
    this.deadline?.unsubscribe();
    this.connector.wind();
    this.host.endTurn(); // what the turn collected still leaves
    this.host.then(() => {
      const listeners = this.host.routes.takeAll();
      this.connector.close();
      // The streams complete before the rest, which holds the connection as they do, errs.
      for (const { observer, completes } of [...this.holds]) if (completes) observer.complete();
      for (const { subscriber } of listeners) subscriber.complete();
      if (this.holds.size > 0 || !this.host.session.idle) this.abandonAll();
      this.host.then(() => this.closeStore());
    });
  }

  /** What is left in the store is the next process's to send. A store that does not answer is not waited for for ever. */
  private closeStore(): void {
    const closing = this.persistence?.close();
    if (!closing) return this.completeAll();
    race(from(closing), timer(Math.min(this.endTimeout, LONGEST_TIMER))).subscribe((error) => {
      if (typeof error === 'object') this.events.next({ type: 'store-failed', error });
      this.completeAll();
    });
  }

  private abandonAll(): void {
    const error = new ClientEndedError('the client was ended before this was finished');
    this.host.session.step({ is: 'abandon', error, isEnd: true });
    for (const { observer } of [...this.holds]) observer.error(error);
  }

  private completeAll(): void {
    this.connector.show({ status: 'closed' });
    this.events.next({ type: 'ended' });
    this.host.complete();
    this.connector.states.complete();
    this.events.complete();
    this.over.complete();
  }
}
