import { Observable, type OperatorFunction, type Subscriber, asyncScheduler } from 'rxjs';
import { InvalidTopicError, OfflineError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Grant } from '../session/Grant.js';
import type { SubscriptionState } from '../session/SubscriptionState.js';
import { checkArgument } from '../stream/checkOption.js';
import { type Params, parseFilter } from '../topic/namedWildcards.js';
import { ClientCore } from './ClientCore.js';
import type { ClientEvent } from './ClientEvent.js';
import type { ClientState } from './ClientState.js';
import type { Connection } from './Connection.js';
import type { Message } from './Message.js';
import { type Metrics, metrics } from './Metrics.js';
import { PublishCall, type PublishReceipt } from './PublishCall.js';
import { Listener } from './Routes.js';
import { checkPublish, checkQoS } from './checkPublish.js';
import { type PublishEachOptions, type PublishRequest, type PublishResult, publishEach } from './publishEach.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { ServerFor } from './serverAddress.js';
import { toBytes } from './toBytes.js';

/** How a topic filter is subscribed. */
export interface SubscribeOptions {
  /** The highest QoS at which messages are wanted. Default 0. */
  readonly qos?: QoS | undefined;
}

/** How a message is published. */
export interface PublishOptions {
  /** Default 0: at most once. 1: at least once. 2: exactly once. */
  readonly qos?: QoS | undefined;
  /** Whether the broker keeps the message for later subscribers; an empty payload clears it. Default `false`. */
  readonly retain?: boolean | undefined;
  /** Without a connection: wait in the queue (default), or `'fail'` at once with an `OfflineError`. */
  readonly offline?: 'queue' | 'fail' | undefined;
  /** Milliseconds that it may wait to be written; then it errors with a `MessageExpiredError`. Default: any time. */
  readonly expiry?: number | undefined;
}

/** How a client is ended. */
export interface EndOptions {
  /** Milliseconds that unfinished work may take. Default 5,000; `Infinity` waits for all of it. */
  readonly timeout?: number | undefined;
  /** Whether nothing is waited for. Default `false`. */
  readonly force?: boolean | undefined;
}

/**
 * An MQTT client whose every verb is an Observable. Made by `createClient`; it opens nothing before somebody subscribes
 * to `connection$`, `topic$`, `subscribe`, `unsubscribe`, `publish` or `ping`, all of which share one connection.
 */
export class MqttClient {
  readonly #core: ClientCore;
  // Made when they are asked for, and then always the same: templates compare them.
  #connection$: Observable<Connection> | undefined;
  #state$: Observable<ClientState> | undefined;
  #events$: Observable<ClientEvent> | undefined;
  #subscriptions$: Observable<ReadonlyMap<string, SubscriptionState>> | undefined;

  /** For `createClient`. */
  constructor(options: ResolvedOptions, serverFor: ServerFor) {
    this.#core = new ClientCore(options, serverFor);
  }

  /**
   * Holds the connection. Shared; emits the present connection, if there is one, and each that follows, at CONNACK 0;
   * errors on a fatal error; completes on `end()`. Unsubscribing lets go of the connection.
   */
  get connection$(): Observable<Connection> {
    return (this.#connection$ ??= new Observable((observer) => this.#core.hold(observer, emit, true)));
  }

  /** Where the client stands: the present state, then each change. Shared; never errors; completes on `end()`. */
  get state$(): Observable<ClientState> {
    const { states } = this.#core.connector;
    return (this.#state$ ??= states.stream(() => states.last!));
  }

  /** Everything that happens. Hot; never errors; completes on `end()`. */
  get events$(): Observable<ClientEvent> {
    return (this.#events$ ??= this.#core.events.stream());
  }

  /**
   * What is subscribed, by topic filter: the present map, then a new one for each turn of the event loop that changed
   * something. Cold; never errors; completes on `end()`.
   */
  get subscriptions$(): Observable<ReadonlyMap<string, SubscriptionState>> {
    const { changes, session } = this.#core.host;
    return (this.#subscriptions$ ??= changes.stream(() => session.subscriptions.snapshot()));
  }

  /**
   * The messages of a topic filter. Cold, and shared per filter: the first subscriber sends SUBSCRIBE, the last to leave
   * sends UNSUBSCRIBE; a later one still gets the retained messages. It lives through reconnects. Errors with an
   * `InvalidTopicError`, with a `SubscriptionRefusedError` when the broker refuses the filter, on a fatal error of the
   * connection, and with a `ClientEndedError` after `end()`; completes on `end()`.
   *
   * @param topicFilter `+` stands for one level, `#` for all that remain; `+name` and `#name` as well, and
   *   `message.params.name` is what they stand for
   * @example
   * client.topic$('room/+room/temp').subscribe((m) => console.log(m.params.room, m.json()));
   */
  topic$<F extends string>(topicFilter: F, options?: SubscribeOptions): Observable<Message<Params<F>>> {
    const qos = options?.qos ?? 0;
    return new Observable<Message>((observer) => {
      const wanted = parseFilter(topicFilter); // what it throws, RxJS makes a notification
      checkQoS(qos);
      this.#core.checkOpen();
      const listener = new Listener(wanted, qos, observer);
      observer.add(() => this.#core.host.leave(listener));
      this.#core.host.listen(listener); // before the hold: the route must be there when the connection is
      this.#core.hold(observer);
    }) as Observable<Message<Params<F>>>;
  }

  /**
   * Subscribes durably: the filters stay subscribed, whoever listens, until `unsubscribe`. Cold; emits what the broker
   * granted, one entry a filter, and completes on SUBACK; errors with a `SubscriptionRefusedError` for a refused filter
   * (the others stay granted), and otherwise as `topic$` does. Unsubscribing stops the waiting, not the subscription.
   */
  subscribe(filters: string | readonly string[], options?: SubscribeOptions): Observable<Grant[]> {
    const qos = options?.qos ?? 0;
    return this.#request(filters, qos, (plain, observer) =>
      this.#core.host.push({
        is: 'subscribe',
        filters: plain,
        qos,
        token: (grants, error) => {
          if (error) return observer.error(error);
          observer.next([...grants]);
          observer.complete();
        },
      }),
    );
  }

  /**
   * Gives up what `subscribe` subscribed, in this process or an earlier one. Cold; completes on UNSUBACK, at once if
   * `topic$` listeners still want the filters; errors as `subscribe` does.
   */
  unsubscribe(filters: string | readonly string[]): Observable<never> {
    return this.#request<never>(filters, 0, (plain, observer) =>
      this.#core.host.push({
        is: 'unsubscribe',
        filters: plain,
        token: (_, error) => (error ? observer.error(error) : observer.complete()),
      }),
    );
  }

  /**
   * Publishes a message. Cold: each subscription is one PUBLISH. Emits one receipt and completes: at QoS 0 when the
   * transport has the packet, at QoS 1 on PUBACK, at QoS 2 on PUBCOMP. Waits in the queue while there is no connection.
   * It always settles; errors are an `InvalidTopicError`, `InvalidArgumentError` or `PacketTooLargeError`, a
   * `QueueOverflowError`, an `OfflineError`, a `MessageExpiredError`, a `SessionLostError`, a `StoreError`, a fatal error of the connection, and a
   * `ClientEndedError`. Unsubscribing takes it out of the queue; once written, the exchange runs on.
   *
   * @param payload text, as UTF-8, or bytes, which are not copied: do not change them before it has settled, and at QoS 0
   *   not even then, for the transport may still be sending them; of a buffer that is used again hand in a copy
   * @example
   * client.publish('room/kitchen/temp', '21.5', { qos: 1 }).pipe(timeout(5_000)).subscribe();
   */
  publish(topic: string, payload?: string | Uint8Array, options?: PublishOptions): Observable<PublishReceipt> {
    return new Observable((observer) => {
      const qos = options?.qos ?? 0;
      const retain = options?.retain ?? false;
      const bytes = toBytes(payload);
      const expiry = options?.expiry;
      checkPublish(topic, bytes, qos, retain, expiry); // what it throws, RxJS makes a notification
      this.#core.checkOpen();
      if (options?.offline === 'fail' && !this.#core.isOnline) {
        throw new OfflineError("there is no connection, and offline: 'fail' was asked for");
      }
      const expiresAt = expiry === undefined ? 0 : asyncScheduler.now() + expiry;
      this.#core.host.start(new PublishCall(topic, bytes, qos, retain, expiresAt, observer, this.#core));
    });
  }

  /**
   * Publishes for each value of a stream. Emits a result for each, in order of acknowledgement; a publish that failed is
   * a result with an `error` and does not end the stream.
   *
   * @param project says what to publish for a value
   * @example
   * readings$.pipe(client.publishEach((r) => ({ topic: `room/${r.room}`, payload: r.temp, qos: 1 }))).subscribe();
   */
  publishEach<T>(
    project: (value: T, index: number) => PublishRequest,
    options?: PublishEachOptions,
  ): OperatorFunction<T, PublishResult<T>> {
    return publishEach(this, project, options);
  }

  /**
   * The messages that come, whoever subscribed to them. Hot; holds no connection; never errors; completes on `end()`.
   * @param which `'all'` (default), or `'unclaimed'`: those that no `topic$` subscriber's filter matched
   */
  messages$(which: 'all' | 'unclaimed' = 'all'): Observable<Message> {
    return (which === 'all' ? this.#core.host.messages : this.#core.host.unclaimed).stream();
  }

  /**
   * Sends PINGREQ, once there is a connection. Cold; emits the round trip in ms and completes; errors with what ended
   * the connection in between.
   */
  ping(): Observable<number> {
    return new Observable((observer) => {
      let sent = false;
      this.#core.hold(observer, (_observer, _connection, link) => {
        if (!sent) observer.add(link.ping$.subscribe(observer));
        sent = true;
      });
    });
  }

  /**
   * Counters, every `period` ms (default 30,000) and once more on `end()`. Cold; holds no connection; completes on
   * `end()`; errors with an `InvalidArgumentError` when `period` is not above 0.
   */
  metrics$(period = 30_000): Observable<Metrics> {
    return metrics(this.#core.traffic, this.#core.host.session, period, this.#core.over.stream());
  }

  /**
   * Ends the client, for good. Cold; takes no new work, lets what is unfinished go on for up to `timeout` ms, sends
   * DISCONNECT, closes, completes; works in every state, and as often as one likes. What stays unfinished errors with a
   * `ClientEndedError`; every `topic$` completes without UNSUBSCRIBE, so that a persistent session keeps collecting.
   * Unsubscribing does not stop the end.
   */
  end(options?: EndOptions): Observable<never> {
    const timeout = options?.timeout ?? 5_000;
    const force = options?.force ?? false;
    return new Observable((observer) => {
      checkArgument(timeout >= 0, 'timeout', 'milliseconds', timeout);
      observer.add(this.#core.over.stream().subscribe(observer));
      this.#core.end(timeout, force);
    });
  }

  /** A `subscribe` or `unsubscribe`: names taken off the filters, the connection held. */
  #request<T>(
    filters: string | readonly string[],
    qos: QoS,
    ask: (filters: readonly string[], observer: Subscriber<T>) => void,
  ): Observable<T> {
    return new Observable((observer) => {
      const plain = [filters].flat().map((topicFilter) => parseFilter(topicFilter).filter);
      if (plain.length === 0) throw new InvalidTopicError('', 'at least one filter is needed [MQTT-3.8.3-3]');
      checkQoS(qos);
      this.#core.checkOpen();
      ask(plain, observer);
      this.#core.hold(observer);
    });
  }
}

function emit(observer: Subscriber<Connection>, connection: Connection): void {
  observer.next(connection);
}
