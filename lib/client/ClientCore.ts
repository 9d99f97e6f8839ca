import {
  AsyncSubject,
  BehaviorSubject,
  type Observable,
  Subject,
  type Subscriber,
  Subscription,
  asyncScheduler,
  timer,
} from 'rxjs';
import { ClientEndedError, type MqttError } from '../errors.js';
import type { SessionInput } from '../session/SessionInput.js';
import type { ClientEvent } from './ClientEvent.js';
import { Connector } from './Connector.js';
import type { Link } from './Link.js';
import type { PublishCall, PublishHost } from './PublishCall.js';
import { Relay } from './Relay.js';
import { SessionHost } from './SessionHost.js';
import { Traffic } from './Traffic.js';
import type { Accepted } from './attempt.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { Dialable } from './serverAddress.js';

/** A connection that the broker accepted. */
export interface Connection {
  readonly clientId: string;
  /** The broker's URL without credentials, or `custom transport`. */
  readonly server: string;
  /** Whether the broker still had the session [MQTT-3.2.2-2]. */
  readonly sessionPresent: boolean;
}

/** What timers of JavaScript can hold; a longer one fires at once. */
const LONGEST_TIMER = 2_147_483_647;

/** What the verbs of a client share: the connection that they hold, the errors that end them, and the end. */
export class ClientCore implements PublishHost {
  readonly traffic = new Traffic();
  readonly events = new Relay<ClientEvent>();
  readonly host: SessionHost;
  readonly connector: Connector;
  /** Emits each connection as it is accepted. */
  readonly connected$ = new Subject<Connection>();
  /** The link, while there is one. */
  readonly link$ = new BehaviorSubject<Link | undefined>(undefined);
  /** Completes when the client has ended. */
  readonly over$ = new AsyncSubject<never>();
  connection: Connection | undefined;
  private readonly deadline = new Subscription();
  private failed$ = new Subject<MqttError>();
  private ending = false;
  private ended = false;

  constructor(
    private readonly options: ResolvedOptions,
    serverFor: (attempt: number) => Observable<Dialable>,
  ) {
    this.host = new SessionHost(options, this.traffic, this.events);
    this.connector = new Connector({
      options,
      serverFor,
      traffic: this.traffic,
      events: this.events,
      onPacket: (packet) => this.host.push({ is: 'packet', packet }),
      onCongestion: (congested) => this.host.push({ is: 'congested', congested }),
      onUp: (accepted) => this.up(accepted),
      onClosing: () => this.host.endTurn(),
      onDown: () => this.down(),
      onGivenUp: (error) => this.giveUp(error),
    });
  }

  /** Why no new work is taken, or `undefined` if it is. */
  get refusal(): ClientEndedError | undefined {
    return this.ending ? new ClientEndedError('the client was ended: create another one') : undefined;
  }

  /** Whether there is a connection, and not only until its DISCONNECT is written. */
  get isOnline(): boolean {
    return this.connection !== undefined && this.connector.isRunning;
  }

  push(input: SessionInput<PublishCall, never>): void {
    this.host.push(input);
  }

  acquire(): number {
    return this.connector.holders.acquire();
  }

  release(epoch: number): void {
    this.connector.holders.release(epoch);
  }

  /** Lets an observer hold the connection until it is torn down, and tells it of the error that ends the connection. */
  hold(observer: Subscriber<never>): void {
    const { refusal } = this;
    if (refusal) return observer.error(refusal);
    if (observer.closed) return;
    observer.add(this.failed$.subscribe((error) => observer.error(error)));
    const epoch = this.acquire();
    observer.add(() => this.release(epoch));
  }

  /** See `MqttClient.end`. */
  end(timeout: number, force: boolean): void {
    if (this.ended) return;
    if (force || !this.connector.isRunning) return this.finish();
    if (this.ending) return;
    this.ending = true;
    this.acquire();
    this.connector.wind();
    if (timeout <= LONGEST_TIMER) this.deadline.add(timer(timeout).subscribe(() => this.finish()));
    this.host.onIdle(() => this.finish());
  }

  private up({ link, server, sessionPresent }: Accepted): void {
    this.host.up(link, sessionPresent, () => {
      this.connection = { clientId: this.options.clientId, server, sessionPresent };
      this.connector.show({ status: 'online', sessionPresent, since: asyncScheduler.now() });
      if (this.events.observed) this.events.next({ type: 'connected', ...this.connection });
      this.connected$.next(this.connection);
      this.link$.next(link);
    });
  }

  private down(): void {
    const link = this.link$.value;
    this.host.push(() => {
      this.connection = undefined;
      this.link$.next(undefined);
    });
    this.host.down();
    this.host.push(() => link?.settlePings()); // when everything else knows: they may begin anew at once
  }

  /** A fatal error: everybody who waits is told, once. Those who come while they are told begin anew. */
  private giveUp(error: MqttError): void {
    if (this.ending) return this.finish();
    const { failed$ } = this;
    this.failed$ = new Subject();
    this.host.push(() => {
      if (!this.connector.isRunning) this.connector.show({ status: 'closed', cause: error });
      const listeners = this.host.routes.takeAll();
      this.host.session.step({ is: 'abandon', error });
      failed$.next(error);
      for (const { subscriber } of listeners) subscriber.error(error);
    });
  }

  private finish(): void {
    if (this.ended) return;
    this.ending = this.ended = true;
    this.deadline.unsubscribe();
    this.connector.wind();
    this.host.endTurn(); // what the turn collected still leaves
    this.host.push(() => {
      const listeners = this.host.routes.takeAll();
      this.connector.close();
      this.connected$.complete(); // the streams complete before the rest, which holds the connection as they do, errs
      for (const { subscriber } of listeners) subscriber.complete();
      if (this.failed$.observed || !this.host.session.idle) this.abandonAll();
      this.host.push(() => this.completeAll());
    });
  }

  private abandonAll(): void {
    const error = new ClientEndedError('the client was ended before this was finished');
    this.host.session.step({ is: 'abandon', error });
    this.failed$.next(error);
  }

  private completeAll(): void {
    this.connector.show({ status: 'closed' });
    if (this.events.observed) this.events.next({ type: 'ended' });
    this.host.complete();
    this.connector.states.complete();
    this.events.complete();
    this.over$.complete();
  }
}
