import { type Deserializer, IncomingResponseDeserializer, type WritePacket } from '@nestjs/microservices';
import {
  NEVER,
  Observable,
  type Subscriber,
  concat,
  concatMap,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  share,
  switchMap,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { ClientEndedError, type MqttClient, type QoS } from '../index.js';
import { parsed } from './payload.js';

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
    let heard$ = this.topics.get(replyTopic);
    if (!heard$) {
      heard$ = this.client.topic$(replyTopic, { qos: this.qos }).pipe(
        map(parsed),
        concatMap((packet) => this.read(packet)),
        tap((reply: Reply) => this.askers.get(reply.id ?? '')?.next(reply)),
        ignoreElements(),
        finalize(() => this.topics.delete(replyTopic)),
        // Its end is for good: the next who asks makes another. With a reset, RxJS would start the timer then.
        share({ resetOnRefCountZero: () => timer(LINGER), resetOnComplete: false, resetOnError: false }),
      );
      this.topics.set(replyTopic, heard$);
    }
    return heard$;
  }

  private async read(packet: unknown): Promise<Reply> {
    return (await this.deserializer.deserialize(packet)) as Reply;
  }
}
