import { Logger } from '@nestjs/common';
import {
  type BaseRpcContext,
  type CustomTransportStrategy,
  type MessageHandler,
  Server,
  Transport,
} from '@nestjs/microservices';
import { Observable, defer, finalize } from 'rxjs';
import { InvalidArgumentError, type MqttClient, createClient } from '../index.js';
import { Answers } from './Answers.js';
import { Dispatcher } from './Dispatcher.js';
import { type EventListener, follow, listen } from './follow.js';
import { Handlers } from './Handlers.js';
import type { MqttContext } from './MqttContext.js';
import type { MqttEvents } from './MqttEvents.js';
import { type MqttServerOptions, type ServerSettings, serverSettings } from './MqttServerOptions.js';
import { ServerRun } from './ServerRun.js';
import type { MqttStatus } from './statusOf.js';

/**
 * A transport strategy for NestJS: subscribes what `@EventPattern` and `@MessagePattern` say, hands each message to its
 * handlers, and acknowledges it when they have finished: what a handler was at when the process died comes again, if the session
 * lives on (`clientId`, `cleanSession: false`). Requests are answered as Nest's own MQTT transport does, on
 * `<topic>/reply`, or on the Response Topic of MQTT 5 if they are no packets of Nest's.
 *
 * Patterns are topic filters; wildcards may have names, which `MqttContext.params` and `@MqttParam` know. Their extras are
 * `MqttHandlerOptions`. A handler gets every message that its pattern matches; of several that answer requests, one.
 *
 * @example
 * const app = await NestFactory.createMicroservice(AppModule, {
 *   strategy: new MqttServer({ server: 'mqtt://localhost:1883', clientId: 'climate', cleanSession: false }),
 * });
 * await app.listen();
 */
export class MqttServer extends Server<MqttEvents, MqttStatus> implements CustomTransportStrategy {
  /** That of Nest's MQTT transport, so that `@EventPattern('x', Transport.MQTT)` is for this one as well. */
  override transportId: Transport | symbol = Transport.MQTT;
  /** Tells Nest that failures of event handlers are looked at here. */
  override readonly propagatesEventHandlerErrors: boolean = true;
  protected override onProcessingEndHook: (id: Transport | symbol, context: BaseRpcContext) => void = () => undefined;
  protected override readonly logger = new Logger(MqttServer.name);
  private readonly settings: ServerSettings;
  private readonly handlers: Handlers;
  private readonly listeners: EventListener[] = [];
  private run: ServerRun;
  private isListening = false;
  private closed: Promise<void> | undefined;

  /** @throws {InvalidOptionsError} naming the option */
  constructor(options: MqttServerOptions = {}) {
    super();
    this.settings = serverSettings(options);
    this.handlers = new Handlers(this.settings.handlers, this.settings.client.protocolVersion);
    this.run = this.newRun();
  }

  /** Why handlers get no messages, by pattern: the broker refused a subscription, or, of `''`, the connection for good. */
  get failures(): ReadonlyMap<string, unknown> {
    return this.run.failures;
  }

  /** Called by Nest for each handler. @throws {InvalidOptionsError | InvalidTopicError} saying the pattern */
  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: object = {}): void {
    const route = this.normalizePattern(pattern as string);
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    const displaced = this.handlers.add(route, callback, isEventHandler, extras);
    if (displaced) this.logger.warn(`two handlers answer requests on ${route}: only the later one is used`);
    if (!isEventHandler || !this.messageHandlers.has(route)) this.messageHandlers.set(route, callback);
  }

  /** The handler of a pattern, or the first whose pattern matches a topic. */
  override getHandlerByPattern(pattern: string): MessageHandler | null {
    return this.handlers.find(this.getRouteFromPattern(pattern))?.callback ?? null;
  }

  /**
   * Called by Nest. Connects, and calls back when the broker has granted all subscriptions; with an error when it refuses one, or
   * the connection for good. A broker that is not there is tried again, as `retryWhen` says.
   */
  listen(callback: (error?: unknown) => void): void {
    if (this.isListening)
      return callback(new InvalidArgumentError('listen', 'the server listens already: close() it first'));
    if (this.closed) this.run = this.newRun();
    this.closed = undefined;
    this.isListening = true;
    const { run } = this;
    run.start(this.handlers.all).subscribe({
      next: () => callback(),
      error: (error) => {
        if (this.closed) return callback(error);
        this.isListening = false;
        this.closed = run.abort().then(() => callback(error));
      },
    });
  }

  /**
   * Called by Nest. Begins no more work, waits for the handlers that run, and ends the client, all within `shutdownTimeout`.
   * Messages that no handler has begun with stay unacknowledged: a session that lives on keeps them for the next process.
   */
  close(): Promise<void> {
    this.isListening = false;
    return (this.closed ??= this.run.close(this.settings.shutdownTimeout));
  }

  /** Calls back for each event of the client of one type, such as `'connected'`; also before `listen`. */
  on<K extends keyof MqttEvents>(event: K, callback: MqttEvents[K]): void {
    const listener = { event, callback };
    this.listeners.push(listener);
    listen(this.run.client.events$, listener);
  }

  /** The client: to publish by the same connection, or to look at `state$` and `metrics$`. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  unwrap<T = MqttClient>(): T {
    return this.run.client as T;
  }

  private newRun(): ServerRun {
    const { client: options, serializer, deserializer } = this.settings;
    const client = createClient(options);
    follow(client, this.logger, (status) => this._status$.next(status), this.listeners);
    const answers = new Answers(client, this.logger, serializer);
    const dispatcher = new Dispatcher(this.handlers, answers, (...of) => this.processed(...of), deserializer);
    return new ServerRun(client, dispatcher, this.logger);
  }

  /** Instrumentation hooks in here. */
  private processed(context: MqttContext, run: () => Observable<unknown>): Observable<unknown> {
    const id = this.transportId;
    return new Observable((observer) => {
      this.onProcessingStartHook(id, context, () => {
        return new Promise<void>((over) => {
          const hooked$ = defer(run).pipe(finalize(() => this.onProcessingEndHook(id, context)));
          observer.add(over);
          observer.add(hooked$.subscribe(observer));
        });
      });
    });
  }
}
