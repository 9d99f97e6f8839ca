import type { LoggerService } from '@nestjs/common';
import {
  BehaviorSubject,
  NEVER,
  Observable,
  Subscription,
  defer,
  filter,
  finalize,
  firstValueFrom,
  lastValueFrom,
  map,
  merge,
  switchMap,
  take,
  tap,
  throwIfEmpty,
  timer,
} from 'rxjs';
import { ClientEndedError, type Consumed, type Message, type MqttClient, consume } from '../index.js';
import type { Dispatcher } from './Dispatcher.js';
import type { Handler } from './Handlers.js';
import type { OnHandlerError } from './MqttHandlerOptions.js';
import { failureText } from './payload.js';

const CONSEQUENCE: Readonly<Record<OnHandlerError, string>> = {
  acknowledge: 'the message is acknowledged all the same',
  retry: 'the message stays unacknowledged until the next connection',
  refuse: 'the message is refused',
};

/** One run of a server, from `listen` to `close`: its client, its subscriptions, and the handlers that are at work. */
export class ServerRun {
  /** Why handlers get nothing any more, by pattern. */
  readonly failures = new Map<string, unknown>();
  private readonly subscription = new Subscription();
  private readonly working$ = new BehaviorSubject(0);
  private isClosing = false;
  private lastFailure: unknown;

  constructor(
    readonly client: MqttClient,
    private readonly dispatcher: Dispatcher,
    private readonly logger: LoggerService,
  ) {}

  /**
   * Subscribes the handlers. Emits and completes when the broker has granted all of them; errs when it refuses one, and when
   * the connection is refused for good. What fails later is logged. Unsubscribing stops nothing.
   */
  start(handlers: readonly Handler[]): Observable<void> {
    return new Observable((observer) => {
      const failed = (pattern: string, error: unknown) => {
        this.failures.set(pattern, error);
        if (observer.closed) this.complain(error);
        else observer.error(error);
      };
      const subscribeAll = () => {
        for (const handler of handlers) {
          this.subscription.add(
            this.consumed(handler).subscribe({
              next: (outcome) => this.report(handler, outcome),
              error: (error) => failed(handler.pattern, error),
            }),
          );
        }
        this.subscription.add(this.client.connection$.subscribe({ error: (error) => failed('', error) }));
      };
      // A session brings its messages with the connection, which must find all handlers there.
      const suspended$ = this.client.suspend().pipe(tap(subscribeAll));
      const resumed$ = suspended$.pipe(switchMap(() => this.client.resume()));
      observer.add(resumed$.pipe(switchMap(() => this.ready(handlers))).subscribe(observer));
    });
  }

  /**
   * Begins no more work, waits for the handlers that run, and ends the client, all within `patience` ms. What is not done then
   * stays unacknowledged.
   */
  async close(patience: number): Promise<void> {
    this.isClosing = true;
    const since = performance.now();
    const idle$ = this.working$.pipe(filter((count) => count === 0));
    const isPatient = patience === Infinity;
    await firstValueFrom(merge(idle$, isPatient ? NEVER : timer(patience)));
    const unfinished = this.working$.value;
    if (unfinished > 0) {
      const what = `${unfinished} ${unfinished === 1 ? 'handler has' : 'handlers have'} not finished within ${patience} ms`;
      this.logger.warn(`${what}: their messages stay unacknowledged`);
    }
    const timeout = Math.max(0, patience - (performance.now() - since));
    await lastValueFrom(this.client.end({ timeout }));
    this.subscription.unsubscribe();
  }

  /** Ends it at once. */
  async abort(): Promise<void> {
    await lastValueFrom(this.client.end({ force: true }));
    this.subscription.unsubscribe();
  }

  private consumed(handler: Handler): Observable<Consumed<Message, unknown>> {
    const { payload, qos, concurrency, onError, noLocal, retainAsPublished, retainHandling } = handler.options;
    const decoding = payload && {
      payload,
      onUndecodable: (message: Message, error: Error) => this.dispatcher.undecodable(handler, message, error),
    };
    return consume(this.client, handler.shared, (message: Message) => this.work(handler, message), {
      ...{ qos, concurrency, onError, noLocal, retainAsPublished, retainHandling },
      ...decoding,
    });
  }

  private work(handler: Handler, message: Message): Observable<unknown> {
    if (this.isClosing) return NEVER; // it is the next process's
    return defer(() => {
      this.working$.next(this.working$.value + 1);
      return this.dispatcher.handle(handler, message);
    }).pipe(finalize(() => this.working$.next(this.working$.value - 1)));
  }

  private ready(handlers: readonly Handler[]): Observable<void> {
    const { connection$, subscriptions$ } = this.client;
    return connection$.pipe(
      take(1),
      switchMap(() => subscriptions$),
      filter((all) => handlers.every(({ filter }) => all.get(filter)?.state === 'granted')),
      take(1),
      map((all) => {
        for (const { requested, granted = 0, filter } of all.values()) {
          if (granted >= requested) continue;
          this.logger.warn(`the broker granted QoS ${granted} instead of ${requested} for ${filter}`);
        }
      }),
      throwIfEmpty(() => new ClientEndedError('the server was closed before the broker had granted its subscriptions')),
    );
  }

  private report(
    { pattern, options: { onError = 'acknowledge' } }: Handler,
    outcome: Consumed<Message, unknown>,
  ): void {
    if (outcome.error === undefined) return;
    const which = pattern === outcome.message.topic ? pattern : `${pattern} (message on ${outcome.message.topic})`;
    this.logger.error(`the handler of ${which} failed, ${CONSEQUENCE[onError]}: ${failureText(outcome.error)}`);
  }

  /** Each failure once: that of the connection comes from every handler. */
  private complain(error: unknown): void {
    if (error === this.lastFailure) return;
    this.lastFailure = error;
    this.logger.error(`no more messages come until the server listens anew: ${failureText(error)}`);
  }
}
