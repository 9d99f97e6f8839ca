import type { LoggerService } from '@nestjs/common';
import { type Deserializer, IncomingResponseDeserializer, type WritePacket } from '@nestjs/microservices';
import {
  EMPTY,
  NEVER,
  Observable,
  type Subscriber,
  catchError,
  concat,
  concatMap,
  filter,
  finalize,
  from,
  ignoreElements,
  merge,
  share,
  switchMap,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { ClientEndedError, type Message, type MqttClient, type QoS } from '../index.js';
import { failureText, parsed } from './payload.js';

type Reply = WritePacket & { readonly id?: string };

/** Milliseconds for which a reply topic stays subscribed without a request: the next one saves a round trip. */
const LINGER = 1_000;

/** Answers to requests in Nest's way: on a topic for each pattern, told apart by an id. */
export class Replies {
  private readonly askers = new Map<string, Subscriber<Reply>>();
  private readonly topics = new Map<string, Observable<never>>();

  constructor(
    private readonly client: MqttClient,
    private readonly qos: QoS,
    private readonly logger: LoggerService,
    private readonly deserializer: Deserializer = new IncomingResponseDeserializer(),
  ) {}

  /**
   * The answers to a request. Cold: subscribes to their topic, and asks when that is granted. Emits until the caller leaves;
   * errs as `topic$` and `ask$` do, and with a `ClientEndedError`.
   */
  to(replyTopic: string, id: string, ask$: Observable<unknown>): Observable<Reply> {
    const granted$ = this.client.subscriptions$.pipe(
      filter((all) => all.get(replyTopic)?.state === 'granted'),
      take(1),
    );
    const answers$ = new Observable<Reply>((asker) => {
      this.askers.set(id, asker);
      return () => this.askers.delete(id);
    });
    const asked$ = granted$.pipe(
      switchMap(() => ask$),
      ignoreElements(),
    );
    const ended$ = throwError(() => new ClientEndedError('the proxy was closed before the answer came'));
    return merge(answers$, concat(this.heard(replyTopic), ended$), concat(asked$, NEVER));
  }

  /** Hears a reply topic. Shared by all who ask there; emits nothing. */
  private heard(replyTopic: string): Observable<never> {
    const known = this.topics.get(replyTopic);
    if (known) return known;
    const forget = () => {
      if (this.topics.get(replyTopic) === heard$) this.topics.delete(replyTopic);
    };
    const heard$ = this.client.topic$(replyTopic, { qos: this.qos }).pipe(
      concatMap((message) =>
        from(this.read(message)).pipe(catchError((error: unknown) => this.unread(message, error))),
      ),
      // Forgotten before it is told: who asks again at once must meet another.
      tap({ next: (reply) => this.askers.get(reply.id ?? '')?.next(reply), error: forget, complete: forget }),
      ignoreElements(),
      finalize(forget),
      // Its end is for good. With a reset, RxJS would start the timer then.
      share({ resetOnRefCountZero: () => timer(LINGER), resetOnComplete: false, resetOnError: false }),
    );
    this.topics.set(replyTopic, heard$);
    return heard$;
  }

  private async read(message: Message): Promise<Reply> {
    return (await this.deserializer.deserialize(parsed(message))) as Reply;
  }

  /** A message that is no answer must not end the requests that wait. */
  private unread({ topic }: Message, error: unknown): Observable<never> {
    this.logger.warn(`a message on ${topic} is no answer: ${failureText(error)}`);
    return EMPTY;
  }
}
