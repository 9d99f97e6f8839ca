import { Observable, type Subscriber, lastValueFrom, throwError } from 'rxjs';
import { type Connection } from '../connection/Connection.js';
import { type ConnectionState } from '../connection/ConnectionState.js';
import { type Goodbye, goodbyePacket } from '../connection/Goodbye.js';
import type { MessageProperties } from '../connection/messageProperties.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import type { ServerFor } from '../connection/serverAddress.js';
import { toBytes } from '../connection/toBytes.js';
import {
  InvalidArgumentError,
  InvalidOptionsError,
  InvalidTopicError,
  NotSupportedError,
  OfflineError,
} from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import type { Grant } from '../session/Grant.js';
import { Outgoing } from '../session/Outgoing.js';
import type { SubscriptionState } from '../session/SubscriptionState.js';
import { checkArgument, shown } from '../stream/checkOption.js';
import { instantNow } from '../stream/clock.js';
import { finish } from '../stream/finish.js';
import type { TopicFilter } from '../topic/TopicFilter.js';
import type { Params } from '../topic/namedWildcards.js';
import type { NamedTopic, Topic } from '../topic/topic.js';
import { ClientCore } from './ClientCore.js';
import type { ClientEvent } from './ClientEvent.js';
import { type ClientSummary, INSPECT, lineOf, summaryOf } from './ClientSummary.js';
import type { Codec } from './Codec.js';
import { Ending } from './Ending.js';
import { Interruptions } from './Interruptions.js';
import { Listener } from './Listeners.js';
import type { Message } from './Message.js';
import { type Metrics, metrics } from './Metrics.js';
import type { PublishReceipt, PublishToken } from './Publishing.js';
import { RetriedOwner, UnfinishedPublishes } from './UnfinishedPublishes.js';
import {
  type CheckedFilter,
  type SubscribeOptions,
  TOPIC_NAMES,
  type TopicOptions,
  checkAcknowledge,
  checkSubscribe,
  conflict,
} from './SubscribeOptions.js';
import { disposeBy } from './disposeBy.js';
import { checkPublish, expiryOf, publishProperties } from './checkPublish.js';
import { encoded } from './encoded.js';
import { listening } from './listening.js';
import type { ResolvedOptions } from './resolveOptions.js';

/** How a message is published. */
export interface PublishOptions {
  /** Default 0: at most once. 1: at least once. 2: exactly once. */
  readonly qos?: QoS | undefined;
  /** Whether the broker keeps the message for later subscribers; an empty payload clears it. Default `false`. */
  readonly retain?: boolean | undefined;
  /** Without a connection: wait in the queue (default), or `'fail'` at once with an `OfflineError`. */
  readonly offline?: 'queue' | 'fail' | undefined;
  /**
   * Milliseconds that it may wait to be written; then it errors with a `MessageExpiredError`. Default: any time. An MQTT 5
   * broker is told what is left of it, as the Message Expiry Interval.
   */
  readonly expiry?: number | undefined;
  /**
   * What MQTT 5 says about the message. `messageExpiryInterval` is `expiry` in seconds: give one of them. With MQTT 3.1.1 the
   * publish errs with a `NotSupportedError`.
   */
  readonly properties?: MessageProperties | undefined;
  /** Default `true`. `false`: with MQTT 3.1.1 the message goes out without its `properties`, and nothing errs. */
  readonly propertiesRequired?: boolean | undefined;
}

/** How a value is published: its payload is made by a codec. */
export interface PublishValueOptions<In> extends PublishOptions {
  /**
   * What makes the payload of the value. MQTT 5 is told its `contentType`, and that the payload is text if it is, unless
   * `properties` say otherwise; MQTT 3.1.1 is not.
   */
  readonly payload: Codec<unknown, In>;
}

/** How a client is ended, and what the broker is told. */
export interface EndOptions extends Goodbye {
  /** Milliseconds that unfinished work may take. Default 5,000; `Infinity` waits for all of it. */
  readonly timeout?: number | undefined;
  /** Whether nothing is waited for. Default `false`. */
  readonly force?: boolean | undefined;
}

const PUBLISH_OPTIONS = ['qos', 'retain', 'offline', 'expiry', 'properties', 'propertiesRequired', 'payload'];
const END_OPTIONS = ['timeout', 'force', 'reasonCode', 'sessionExpiryInterval', 'reasonString', 'userProperties'];

// As @types/node has it: without this our types would demand TypeScript's lib `esnext.disposable` of everybody.
declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/**
 * An MQTT client whose every verb is an Observable. Made by `createClient`; it opens nothing before somebody subscribes
 * to `connection$`, `topic$`, `subscribe`, `unsubscribe`, `publish`, `ping` or `reconnect`, all of which share one connection.
 */
export class MqttClient {
  /** For `await using client = createClient(…)`: ends the client as `end()` does. Defined where the language has the symbol, or a compiler stands in for it. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #core: ClientCore;
  readonly #ending: Ending;
  #interruptions: Interruptions | undefined;
  // Made when they are asked for, and then always the same: templates compare them.
  #connection$: Observable<Connection> | undefined;
  #state$: Observable<ConnectionState> | undefined;
  #events$: Observable<ClientEvent> | undefined;
  #subscriptions$: Observable<ReadonlyMap<string, SubscriptionState>> | undefined;

  /**
   * For `createClient`, which makes clients. The class is exported to be a type, and a token for dependency injection.
   * @internal
   * @throws {InvalidOptionsError} made by hand
   */
  constructor(options: ResolvedOptions, serverFor: ServerFor) {
    if (typeof serverFor !== 'function') {
      const how =
        'make clients with createClient(server, options); the class is a type, and a token for dependency injection';
      throw new InvalidOptionsError('server', how);
    }
    this.#core = new ClientCore(options, serverFor);
    this.#ending = new Ending(this.#core);
    disposeBy(MqttClient.prototype, function () {
      return lastValueFrom(this.end());
    });
  }

  /**
   * Holds the connection. Shared; emits the present connection, if there is one, and each that follows, at CONNACK 0;
   * errors on a fatal error; completes on `end()`. The connection is closed when nothing needs it for `linger` ms.
   */
  get connection$(): Observable<Connection> {
    return (this.#connection$ ??= new Observable((observer) => this.#core.need(observer, emit, true)));
  }

  /** Where the client stands: the present state, then each change. Shared; never errors; completes on `end()`. */
  get state$(): Observable<ConnectionState> {
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
    const { incoming, driver } = this.#core;
    return (this.#subscriptions$ ??= incoming.filters.stream(() => driver.session.filters));
  }

  /**
   * The messages of a topic filter. Cold, and shared per filter: the first subscriber sends SUBSCRIBE, the last to leave
   * sends UNSUBSCRIBE; a later one still gets the retained messages. It lives through reconnects. Errors with an
   * `InvalidTopicError` or `InvalidArgumentError`, with a `SubscriptionRefusedError` when the broker refuses the filter, with
   * a `NotSupportedError` or `PacketTooLargeError` when the broker does not take such a filter, on a fatal error of the
   * connection, and with a `ClientEndedError` after `end()`; completes on `end()`.
   *
   * With MQTT 5, subscription identifiers tell for which filter a message is. With 3.1.1, or where the broker has none, a
   * message reaches the listeners of all filters that match it, and twice if the broker sends a copy for each filter; two
   * shared groups on one client (`$share/one/t`, `$share/two/t`) cannot be told apart then: use a client for each.
   *
   * With a codec, of the options or of a topic that is a value, `message.value` is what it makes of the payload. A payload
   * that does not decode ends nothing: `events$` tells of it, and `onUndecodable` says what else is done.
   *
   * @param topicFilter `+` stands for one level, `#` for all that remain; `+name` and `#name` as well, and
   *   `message.params.name` is what they stand for. Or a topic that is a value, made by `topic()`: options go before its own
   * @example
   * client.topic$('room/+room/temp').subscribe((m) => console.log(m.params.room, m.json()));
   * client.topic$('room/+room/temp', { payload: json(Temperature) }).subscribe((m) => console.log(m.value.celsius));
   */
  topic$<F extends string, V = unknown>(
    topicFilter: TopicFilter<F> | Topic<F, V, never>,
    options?: TopicOptions<V, Params<F>>,
  ): Observable<Message<Params<F>, V>> {
    return new Observable<Message>((observer) => {
      const { driver, incoming, options: its } = this.#core;
      // What is thrown here, RxJS makes a notification.
      const { pattern, options: asked, decoding } = listening(topicFilter, options);
      const { filter, qos, wanted, delivery } = checkSubscribe(pattern, asked, its.protocolVersion, TOPIC_NAMES);
      const acknowledging = checkAcknowledge(asked);
      this.#core.checkOpen();
      const listener = new Listener(wanted, qos, observer, delivery, acknowledging, decoding);
      observer.add(() =>
        driver.run(() => {
          if (!incoming.listeners.remove(listener)) return; // taken out before: it has no claim any more
          driver.session.step({ type: 'leave', filter, qos });
          incoming.noteChange();
        }),
      );
      driver.run(() => {
        const error = conflict(filter, delivery, driver.session.deliveryOf(filter));
        if (error) return finish(observer, error);
        incoming.listeners.add(listener); // the route first: nothing that races the SUBACK is missed
        driver.session.step({ type: 'listen', filter, qos, delivery });
        incoming.noteChange();
      });
      this.#core.need(observer); // last: the route must be there when the connection is
    }) as Observable<Message<unknown>> as Observable<Message<Params<F>, V>>;
  }

  /**
   * Subscribes durably: the filters stay subscribed, with or without listeners, until `unsubscribe`. Cold; emits what the broker
   * granted, one entry a filter, and completes on SUBACK; errors with a `SubscriptionRefusedError` for a refused filter
   * (the others stay granted), and otherwise as `topic$` does. Unsubscribing stops the waiting, not the subscription.
   */
  subscribe<const F extends string>(
    filters: TopicFilter<F> | readonly TopicFilter<F>[],
    options?: SubscribeOptions,
  ): Observable<Grant[]> {
    return this.#request(filters, options, (plain, { qos, delivery }, observer) => {
      const { session } = this.#core.driver;
      for (const filter of plain) {
        const error = conflict(filter, delivery, session.deliveryOf(filter));
        if (error) return finish(observer, error);
      }
      session.step({
        type: 'subscribe',
        filters: plain,
        qos,
        delivery,
        token: (grants, error) => {
          if (error) return finish(observer, error);
          observer.next([...grants]);
          finish(observer);
        },
      });
    });
  }

  /**
   * Gives up what `subscribe` subscribed, in this process or an earlier one. Cold; emits the filters and completes on
   * UNSUBACK, at once if `topic$` listeners still want the filters; errors as `subscribe` does, with a
   * `SubscriptionRefusedError` if the broker keeps a filter.
   */
  unsubscribe(filters: string | readonly string[]): Observable<readonly string[]> {
    return this.#request<readonly string[]>(filters, undefined, (plain, _, observer) =>
      this.#core.driver.session.step({
        type: 'unsubscribe',
        filters: plain,
        token: (_, error) => {
          if (error) return finish(observer, error);
          observer.next(plain);
          finish(observer);
        },
      }),
    );
  }

  /**
   * Publishes a message. Cold: each subscription is one PUBLISH. Emits one receipt and completes: at QoS 0 when the
   * transport has the packet, at QoS 1 on PUBACK, at QoS 2 on PUBCOMP. Waits in the queue while there is no connection.
   * It always settles; an error that nobody handles is thrown by RxJS, and ends a Node process. Unsubscribing takes the
   * message out of the queue; once written, the exchange runs on.
   *
   * Errors are an `InvalidTopicError`, `InvalidArgumentError` or `PacketTooLargeError`, a `QueueOverflowError`, an
   * `OfflineError`, a `MessageExpiredError`, a `SessionLostError`, a `PublishRefusedError`, a `StoreError`, a
   * `ClientEndedError`, and a fatal error of the connection. If the message is in flight in a persistent session then, a
   * `PublishUnfinishedError` instead: the next connection finishes the exchange, and to subscribe again waits for that.
   *
   * @param payload text, as UTF-8, or bytes, which are not copied: do not change them before it has settled, and at QoS 0
   *   not even then, for the transport may still be sending them; of a buffer that is used again hand in a copy
   * @example
   * client.publish('room/kitchen/temp', '21.5', { qos: 1 }).pipe(timeout(5_000)).subscribe();
   */
  publish(topic: string, payload?: string | Uint8Array, options?: PublishOptions): Observable<PublishReceipt>;
  /**
   * The same of a value: the codec makes its payload, at each subscription. Errs with an `InvalidArgumentError` that names
   * what is wrong in the value, as `value.celsius`, when the codec cannot encode it.
   *
   * @example
   * client.publish('room/kitchen/temp', { celsius: 21.5 }, { payload: json(Temperature) }).subscribe();
   */
  publish<In>(topic: string, value: NoInfer<In>, options: PublishValueOptions<In>): Observable<PublishReceipt>;
  /**
   * The same of a value, to a topic that is a value and says codec, `qos` and `retain`; options go before its own.
   *
   * @example
   * client.publish(temperature.name({ room: 'kitchen' }), { celsius: 21.5 }).subscribe();
   */
  publish<In>(topic: NamedTopic<In>, value: NoInfer<In>, options?: PublishOptions): Observable<PublishReceipt>;
  publish(
    topic: string | NamedTopic<never>,
    value?: unknown,
    options?: PublishOptions & Partial<PublishValueOptions<never>>,
  ): Observable<PublishReceipt> {
    let unfinished: UnfinishedPublishes | undefined; // made in a persistent session only
    return new Observable((observer: PublishToken) => {
      const message = encoded(topic, value, options?.payload);
      const qos = options?.qos ?? message.qos ?? 0;
      const retain = options?.retain ?? message.retain ?? false;
      const areRequired = options?.propertiesRequired ?? true;
      const { protocolVersion } = this.#core.options;
      const properties = publishProperties(options?.properties, message.implied, protocolVersion, areRequired);
      const expiry = expiryOf(options?.expiry, properties);
      if (options) refuseOtherArguments(options, PUBLISH_OPTIONS);
      const bytes = toBytes(message.payload);
      checkPublish(message.topic, bytes, qos, retain, options?.expiry); // what it throws, RxJS makes a notification
      const offline: string = options?.offline ?? 'queue';
      checkArgument(offline === 'queue' || offline === 'fail', 'offline', "'queue' or 'fail'", offline);
      this.#core.checkOpen();
      if (offline === 'fail' && !this.#core.isOnline) {
        throw new OfflineError("there is no connection, and offline: 'fail' was asked for");
      }
      const { publishing } = this.#core;
      if (unfinished?.takeOver(observer, publishing) === true) return;
      const isKept = qos > 0 && this.#core.options.cleanSession !== true;
      const owner = isKept ? new RetriedOwner(publishing, (unfinished ??= new UnfinishedPublishes())) : publishing;
      const outgoing = new Outgoing<PublishToken>(message.topic, bytes, qos, retain, observer, owner);
      if (properties) {
        outgoing.properties = properties;
        if (!options?.properties || !areRequired) outgoing.arePropertiesImplied = true;
      }
      if (expiry !== undefined) outgoing.lifetime = { expiry, since: instantNow() };
      publishing.start(outgoing, observer);
    });
  }

  /**
   * All messages that come, whatever subscribed to them. Hot; holds no connection; never errors; completes on `end()`.
   * @param which `'all'` (default), or `'unclaimed'`: those that no `topic$` subscriber's filter matched; anything else errs with
   *   an `InvalidArgumentError`
   */
  messages$(which: 'all' | 'unclaimed' = 'all'): Observable<Message> {
    if ((which as string) !== 'all' && which !== 'unclaimed') {
      const what = `expected 'all' or 'unclaimed' (for one topic filter there is topic$), got ${shown(which)}`;
      return throwError(() => new InvalidArgumentError('which', what));
    }
    return (which === 'all' ? this.#core.incoming.messages : this.#core.incoming.unclaimed).stream();
  }

  /**
   * Sends PINGREQ, once there is a connection. Cold; emits the round trip in ms and completes; errors with what ended
   * the connection in between.
   */
  ping(): Observable<number> {
    return new Observable((observer) => {
      let sent = false;
      this.#core.need(observer, (_observer, _connection, link) => {
        if (!sent) observer.add(link.pings.ping$.subscribe(observer));
        sent = true;
      });
    });
  }

  /**
   * Authenticates again on the living connection, once there is one, as the option `authentication` says, which is asked
   * anew. Cold; emits and completes when the broker is content. Several go one after the other. Errors with what ends the
   * connection, which a failed authentication does [MQTT5-4.12.1-2]; with a `NotSupportedError` under MQTT 3.1.1 and
   * without `authentication`; and with what the option errs with, which ends nothing else. Unsubscribing withdraws it until AUTH is
   * sent.
   */
  reauthenticate(): Observable<void> {
    return new Observable((observer) => {
      const { authentication } = this.#core.options.askedPerAttempt();
      const refuse = (what: string) =>
        new NotSupportedError(`${what} enhanced authentication, see the option authentication`);
      if (authentication === undefined) throw refuse('this client has no');
      let begun = false;
      this.#core.need(observer, (_observer, _connection, { authenticator }) => {
        if (begun) return;
        begun = true;
        if (authenticator) observer.add(authenticator.reauthenticate(authentication).subscribe(observer));
        else observer.error(refuse('this connection was made without'));
      });
    });
  }

  /**
   * Makes the connection anew, at the end of the turn: says DISCONNECT, hangs up, and connects, with the functions of
   * options asked again, say for a new token. Where a connection is being made, or waits to be tried again, it is tried at
   * once. All streams stay. Messages in flight are repeated as after any reconnect, and so a clean session is a new one: see
   * the guarantees. It is no loss of a connection: the notifier of `retryWhen` hears nothing of it, and begins anew.
   *
   * Cold; needs the connection, as `ping` does: so it opens one if there is none, and waits while the client is suspended.
   * Emits the new connection and completes; errors on a fatal error, and with a `ClientEndedError`. Those who ask in one
   * turn get one connection. Unsubscribing in that turn withdraws it; later it stops the waiting.
   *
   * @example
   * tokenRenewed$.pipe(switchMap(() => client.reconnect())).subscribe(({ server }) => console.log('renewed at', server));
   */
  reconnect(): Observable<Connection> {
    return this.#interrupt.reconnect();
  }

  /**
   * Closes the connection at the end of the turn, saying DISCONNECT, and makes no other until `resume`, whatever needs one:
   * a user logs out, a phone sleeps. An attempt, or the wait for one, is given up. All streams stay; publishes wait in the
   * queue, where they expire as ever, or err with `offline: 'fail'`; `ping` and the others wait. As for messages in flight,
   * see `reconnect`: those of a clean session are not resumed. A client without a connection is suspended at once: one that
   * begins suspended connects for nobody.
   *
   * Cold; holds nothing; emits and completes when the connection is closed, also if the client was suspended before;
   * errors with a `ClientEndedError`. Unsubscribing in that turn withdraws it. `end()` does not wait for what is
   * unfinished in a suspended client.
   */
  suspend(): Observable<void> {
    return this.#interrupt.suspend();
  }

  /**
   * Ends what `suspend` began, at the end of the turn: connects at once if anything needs the connection. Cold; emits and
   * completes then, and does not wait for a connection, which `connection$` tells of. Does nothing to a client that is not
   * suspended; errors with a `ClientEndedError`.
   */
  resume(): Observable<void> {
    return this.#interrupt.resume();
  }

  /**
   * Counters: every `period` ms (default 30,000) while there is a connection or one is made, once more when it is closed or
   * given up, and on `end()`. Cold; holds no connection, and does not keep the process alive; completes on `end()`;
   * errors with an `InvalidArgumentError` when `period` is not above 0.
   */
  metrics$(period = 30_000): Observable<Metrics> {
    return metrics(this.#core.traffic, this.#core.driver.session, period, this.state$, this.#ending.over.stream());
  }

  /**
   * Ends the client, for good. Cold; takes no new work, lets what is unfinished go on for up to `timeout` ms, sends
   * DISCONNECT, closes, emits once and completes; works in every state, and as often as one likes. What stays unfinished
   * errors with a `ClientEndedError`; every `topic$` completes without UNSUBSCRIBE, so that a persistent session keeps
   * collecting.
   * Unsubscribing does not stop the end. What cannot be said under MQTT 3.1.1 errs with a `NotSupportedError`: at once,
   * and nothing ends; or, where only the connection tells, when the client has ended without saying it.
   */
  end(options?: EndOptions): Observable<void> {
    return new Observable((observer) => {
      const timeout = options?.timeout ?? 5_000;
      const force = options?.force ?? false;
      if (options) refuseOtherArguments(options, END_OPTIONS);
      checkArgument(timeout >= 0, 'timeout', 'milliseconds', timeout);
      const goodbye = options && goodbyePacket(options, this.#core.options);
      this.#ending.tell(observer, goodbye);
      this.#ending.end(timeout, force, goodbye);
    });
  }

  /** A summary without secrets: what `JSON.stringify(client)` shows. */
  toJSON(): ClientSummary {
    return summaryOf(this.#core);
  }

  /** A summary in one line. */
  toString(): string {
    return lineOf(this.toJSON());
  }

  /** For Node's `console.log`. @internal */
  [INSPECT](depth: number, options: object, inspect?: (value: unknown, options: object) => string): string {
    return depth < 0 || !inspect ? `[${this.toString()}]` : `MqttClient ${inspect(this.toJSON(), options)}`;
  }

  /** Made for the first time: most clients never need them. */
  get #interrupt(): Interruptions {
    return (this.#interruptions ??= new Interruptions(this.#core));
  }

  /**
   * A `subscribe` or `unsubscribe`: names taken off the filters, the connection needed.
   * @param ask called between inputs, with the first filter beside all
   */
  #request<T>(
    filters: string | readonly string[],
    options: SubscribeOptions | undefined,
    ask: (filters: readonly string[], first: CheckedFilter, observer: Subscriber<T>) => void,
  ): Observable<T> {
    return new Observable((observer) => {
      const { driver, options: its } = this.#core;
      const all = [filters].flat().map((topicFilter) => checkSubscribe(topicFilter, options, its.protocolVersion));
      const [first] = all;
      if (!first) throw new InvalidTopicError('', 'at least one filter is needed [MQTT-3.8.3-3]');
      this.#core.checkOpen();
      const plain = all.map(({ filter }) => filter);
      driver.run(() => ask(plain, first, observer));
      this.#core.incoming.noteChange();
      this.#core.need(observer);
    });
  }
}

function emit(observer: Subscriber<Connection>, connection: Connection): void {
  observer.next(connection);
}
