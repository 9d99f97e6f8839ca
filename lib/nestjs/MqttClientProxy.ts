import { Logger } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import {
  EMPTY,
  type Observable,
  ReplaySubject,
  Subscription,
  asapScheduler,
  defer,
  firstValueFrom,
  lastValueFrom,
  map,
  mergeMap,
  of,
  takeWhile,
  tap,
  throwError,
  throwIfEmpty,
  timeout,
} from 'rxjs';
import {
  ClientEndedError,
  type MqttClient,
  type PublishReceipt,
  type RequestStep,
  RequestTimeoutError,
  createClient,
  request,
} from '../index.js';
import { type EventListener, follow, listen } from './follow.js';
import { type MqttClientProxyOptions, type ProxySettings, proxySettings } from './MqttClientProxyOptions.js';
import type { MqttEvents } from './MqttEvents.js';
import { failureText, parsed, plain } from './payload.js';
import { Replies } from './Replies.js';
import { recorded } from './record.js';
import { serialized } from './serialized.js';
import type { MqttStatus } from './statusOf.js';

/** The reason code of a receipt that says that nobody is subscribed. */
const NO_SUBSCRIBERS = 0x10;

/**
 * A client proxy for NestJS: `emit` publishes an event, `send` a request and emits its answers. It connects at the first of
 * them, or at `connect()`, and holds the connection until `close()`. What is sent while the broker is away waits in the
 * queue of the client, in order.
 *
 * @example
 * ClientsModule.register([
 *   { name: 'HOUSE', customClass: MqttClientProxy, options: { server: 'mqtt://localhost:1883' } },
 * ])
 */
export class MqttClientProxy extends ClientProxy<MqttEvents> {
  private readonly logger = new Logger(MqttClientProxy.name);
  private readonly settings: ProxySettings;
  private readonly listeners: EventListener[] = [];
  private client: MqttClient;
  private replies: Replies;
  private held = Subscription.EMPTY;
  private closed: Promise<void> | undefined;

  /** @throws {InvalidOptionsError} naming the option */
  constructor(options: MqttClientProxyOptions = {}) {
    super();
    this.settings = proxySettings(options);
    [this.client, this.replies] = this.made();
  }

  /** Where it stands: the present status, then each change. Never errs, and does not connect. */
  override get status(): Observable<MqttStatus> {
    return super.status as Observable<MqttStatus>; // with a status of its own, Nest would not take the class as `customClass`
  }

  /**
   * Connects, also after `close()`. Resolves when there is a connection; rejects when the broker refuses it for good. A broker
   * that is not there is tried again, as `retryWhen` says. What `close()` has begun is over first.
   */
  async connect(): Promise<void> {
    const { closed } = this;
    if (closed) {
      await closed; // two clients with one identifier would throw each other out
      if (this.closed === closed) {
        [this.client, this.replies] = this.made();
        this.closed = undefined;
      }
    }
    this.hold();
    const orEnded = throwIfEmpty(() => new ClientEndedError('the proxy was closed before there was a connection'));
    await firstValueFrom(this.client.connection$.pipe(orEnded));
  }

  /** Ends the client when what was sent has left. Who waits for answers gets an error. Nest calls it when the application ends. */
  close(): Promise<void> {
    return (this.closed ??= lastValueFrom(this.client.end()));
  }

  /**
   * Sends a request. Cold: each subscription is one. Emits the answers and completes with the last; errs with what the handler
   * says, with a `RequestTimeoutError`, and as `client.publish` does. It is published when the topic of its answers is subscribed.
   *
   * @param pattern of the handler: a topic name, or what Nest makes one of
   * @param data a value, or a record of `MqttRecordBuilder` that says QoS, RETAIN or properties of MQTT 5
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  override send<R = unknown, D = unknown>(pattern: unknown, data: D): Observable<R> {
    if (isNothing(pattern) || isNothing(data)) return super.send(pattern, data); // which refuses it
    return defer(() => {
      this.hold();
      const packet = this.packetOf(pattern, data);
      return (this.settings.format === 'plain' ? this.askPlainly(packet) : this.ask(packet)) as Observable<R>;
    });
  }

  /**
   * Emits an event, whether or not somebody subscribes to what it returns: that emits a receipt and completes when the event is
   * published, and errs as `client.publish` does. An error that nobody hears is logged.
   *
   * @param pattern a topic name, or what Nest makes one of
   * @param data as of `send`
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  override emit<R = PublishReceipt, D = unknown>(pattern: unknown, data: D): Observable<R> {
    if (isNothing(pattern) || isNothing(data)) return super.emit(pattern, data); // which refuses it
    let isHeard = false;
    const outcome$ = new ReplaySubject<PublishReceipt>(1);
    const complain = (error: unknown) => {
      if (isHeard) return;
      this.logger.error(
        `an event on ${this.normalizePattern(pattern as string)} was not published: ${failureText(error)}`,
      );
    };
    defer(() => {
      this.hold();
      return this.published(this.packetOf(pattern, data));
    })
      .pipe(tap({ error: (error) => asapScheduler.schedule(() => complain(error)) }))
      .subscribe(outcome$);
    return defer(() => {
      isHeard = true;
      return outcome$ as Observable<unknown> as Observable<R>;
    });
  }

  /** Calls back for each event of the client of one type, such as `'connected'`. */
  override on<K extends keyof MqttEvents>(event: K, callback: MqttEvents[K]): void {
    const listener = { event, callback };
    this.listeners.push(listener);
    listen(this.client.events$, listener);
  }

  /** The client: for all that it can, or to look at `state$` and `metrics$`. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  unwrap<T = MqttClient>(): T {
    return this.client as T;
  }

  /** What `ClientProxy` demands. */
  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const asking = this.ask(packet).subscribe({
      next: (response) => callback({ response }),
      error: (err: unknown) => callback({ err }),
      complete: () => callback({ isDisposed: true }),
    });
    return () => asking.unsubscribe();
  }

  /** What `ClientProxy` demands. */
  protected dispatchEvent<T = PublishReceipt>(packet: ReadPacket): Promise<T> {
    return lastValueFrom(this.published(packet)) as Promise<T>;
  }

  private made(): [MqttClient, Replies] {
    const { client: options, qos, deserializer } = this.settings;
    const client = createClient(options);
    follow(client, this.logger, (status) => this._status$.next(status), this.listeners);
    return [client, new Replies(client, qos, this.logger, deserializer)];
  }

  /** Holds the connection from now on; anew, if it was refused for good before. */
  private hold(): void {
    if (this.closed || !this.held.closed) return;
    this.held = this.client.connection$.subscribe({
      error: (error) => this.logger.error(`the connection was refused: ${failureText(error)}`),
    });
  }

  /** As Nest makes it: from version 12 on its hooks see it. */
  private packetOf(pattern: unknown, data: unknown): ReadPacket {
    return 'createPacket' in this ? this.createPacket(pattern, data) : { pattern, data };
  }

  private published(packet: ReadPacket): Observable<PublishReceipt> {
    const { qos, format, serializer } = this.settings;
    const { data, options } = recorded(packet.data);
    const topic = this.normalizePattern(packet.pattern as string);
    const publish = (payload: string | Uint8Array | undefined) =>
      this.client.publish(topic, payload, { qos, ...options });
    return format === 'plain'
      ? publish(plain(data))
      : serialized({ ...packet, data }, serializer).pipe(mergeMap(publish));
  }

  /** A request in Nest's way. */
  private ask(packet: ReadPacket): Observable<unknown> {
    const { timeout: first } = this.settings;
    const topic = this.normalizePattern(packet.pattern as string);
    const asked = this.assignPacketId(packet);
    let step: RequestStep = 'subscribe';
    let isUnheard = false;
    const ask$ = defer(() => {
      step = 'publish';
      return this.published(asked);
    }).pipe(
      tap(({ reasonCode }) => {
        step = 'answer';
        isUnheard = reasonCode === NO_SUBSCRIBERS;
      }),
    );
    const answers$ = this.replies.to(`${topic}/reply`, asked.id, ask$).pipe(
      takeWhile(({ err, isDisposed }) => !err && !isDisposed, true),
      mergeMap(({ err, response, isDisposed }: WritePacket) => {
        if (err) return throwError(() => this.serializeError(err) as unknown);
        return response === undefined && isDisposed ? EMPTY : of(this.serializeResponse(response) as unknown);
      }),
    );
    if (first === Infinity) return answers$;
    return answers$.pipe(
      timeout({ first, with: () => throwError(() => new RequestTimeoutError(topic, first, step, isUnheard)) }),
    );
  }

  /** A request in the way of MQTT 5. */
  private askPlainly({ pattern, data: given }: ReadPacket): Observable<unknown> {
    const { qos, timeout } = this.settings;
    const { data, options } = recorded(given);
    const topic = this.normalizePattern(pattern as string);
    const { qos: own = qos, properties } = options;
    return request(this.client, topic, plain(data), { qos: own, timeout, properties }).pipe(map(parsed));
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
