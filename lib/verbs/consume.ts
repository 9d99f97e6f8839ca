import { Observable, type ObservableInput, type Subscriber, Subscription, from } from 'rxjs';
import type { DecodeOptions } from '../client/Decoding.js';
import type { Message } from '../client/Message.js';
import type { MqttClient } from '../client/MqttClient.js';
import type { SubscribeOptions } from '../client/SubscribeOptions.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import { checkArgument } from '../stream/checkOption.js';
import type { TopicFilter } from '../topic/TopicFilter.js';
import type { Params } from '../topic/namedWildcards.js';
import type { Topic } from '../topic/topic.js';

/** Implementation specific error. */
const REFUSED = 0x83;

/**
 * What becomes of a message whose work failed. `'retry'`: it is left unacknowledged, and the broker sends it again on the
 * next connection; see `Message.abandon`. `'refuse'`: the broker is told that it is refused, which needs MQTT 5.
 * `'acknowledge'`: it is acknowledged all the same. `'stop'`: the stream errs with the error of the work.
 */
export type OnWorkError = 'retry' | 'refuse' | 'acknowledge' | 'stop';

/**
 * How `consume` works. A message that does not decode is acknowledged, and not worked on, see `onUndecodable`.
 *
 * @typeParam V what the codec makes of payloads
 * @typeParam P the named wildcards of the filter
 */
export interface ConsumeOptions<V = unknown, P = Readonly<Record<string, string>>>
  extends SubscribeOptions, DecodeOptions<V, P> {
  /** The highest QoS at which messages are wanted. Default: that of a topic that is a value, or 1. */
  readonly qos?: SubscribeOptions['qos'];
  /** How many messages may be worked on at a time, in the order in which they came. Default 1; `Infinity`: all. */
  readonly concurrency?: number | undefined;
  /** What becomes of a message whose work failed. Default `'retry'`. */
  readonly onError?: OnWorkError | undefined;
}

/** What became of the work on one message: its last value, if it emitted one, or its error. */
export type Consumed<M, R> =
  | { readonly message: M; readonly result: R | undefined; readonly error?: undefined }
  | { readonly message: M; readonly error: unknown; readonly result?: undefined };

const OPTIONS = [
  'qos',
  'noLocal',
  'retainAsPublished',
  'retainHandling',
  'payload',
  'onUndecodable',
  'concurrency',
  'onError',
];
const ON_ERROR: readonly OnWorkError[] = ['retry', 'refuse', 'acknowledge', 'stop'];

/**
 * Works on each message of a topic filter, and acknowledges it when the work is done: what was not finished when the
 * process dies comes again, if the session lives on (`cleanSession: false`). Cold. Emits a result for each message, when
 * its work is over; work that fails does not end the stream, unless `onError` is `'stop'`. Errs and completes as
 * `client.topic$` does; on `end()` what is worked on is finished, and no other work begins. Unsubscribing unsubscribes from
 * the work, and leaves what is not finished unacknowledged.
 *
 * At most `receiveMaximum` messages are in hand, see there: the broker has to wait while the work is slow.
 *
 * @param filter a topic filter, or a topic that is a value
 * @param work gives what says when the work is done, and fails: an Observable, a promise …
 * @example
 * consume(client, 'orders/+id', (m) => database.insert(m.params.id, m.json()), { concurrency: 4 }).subscribe();
 */
export function consume<F extends string, R, V = unknown>(
  client: Pick<MqttClient, 'topic$'>,
  filter: TopicFilter<F> | Topic<F, V, never>,
  work: (message: Message<Params<F>, V>) => ObservableInput<R>,
  options: ConsumeOptions<V, Params<F>> = {},
): Observable<Consumed<Message<Params<F>, V>, R>> {
  return new Observable((observer) => {
    refuseOtherArguments(options, OPTIONS);
    const { concurrency = 1, onError = 'retry', qos = qosOf(filter) ?? 1, ...rest } = options;
    checkArgument(typeof work === 'function', 'work', 'a function of a message', typeof work);
    const isCount = concurrency === Infinity || (Number.isInteger(concurrency) && concurrency >= 1);
    checkArgument(isCount, 'concurrency', 'an integer from 1, or Infinity', concurrency);
    checkArgument(ON_ERROR.includes(onError), 'onError', ON_ERROR.map((one) => `'${one}'`).join(', '), onError);
    const consumer = new Consumer(work, concurrency, onError, observer);
    observer.add(client.topic$(filter, { ...rest, qos, acknowledge: 'manual' }).subscribe(consumer));
    observer.add(consumer.works);
  });
}

/** What a topic that is a value says. */
function qosOf(filter: unknown): SubscribeOptions['qos'] {
  return (filter as Partial<Topic<string>> | null | undefined)?.qos;
}

/** One subscription. */
class Consumer<M extends Message, R> {
  readonly works = new Subscription();
  /** Messages whose work has not begun: those from `begun` on. */
  private waiting: M[] = [];
  private begun = 0;
  private running = 0;
  private isStarting = false;
  private isOver = false;

  constructor(
    private readonly work: (message: M) => ObservableInput<R>,
    private readonly concurrency: number,
    private readonly onError: OnWorkError,
    private readonly observer: Subscriber<Consumed<M, R>>,
  ) {}

  next(message: M): void {
    this.skip();
    const mustWait = this.isStarting || this.running >= this.concurrency || this.begun < this.waiting.length;
    if (mustWait) this.waiting.push(message);
    else this.start(message); // without a place in the queue: most messages, where the work is fast
  }

  error(error: unknown): void {
    this.observer.error(error);
  }

  complete(): void {
    this.isOver = true;
    this.waiting = [];
    this.begun = 0;
    if (this.running === 0) this.observer.complete();
  }

  /** The work on a message has completed. */
  done(work: Work<M, R>, result: R | undefined): void {
    const { message } = work;
    message.acknowledge();
    this.over(work, { message, result });
  }

  /** The work on a message has failed. */
  failed(work: Work<M, R>, error: unknown): void {
    const { message } = work;
    try {
      this.settle(message, error);
    } catch (fatal) {
      return this.observer.error(fatal);
    }
    this.over(work, { message, error });
  }

  /** Begins as much work as may run. A loop, because work may be done at once. */
  private start(first?: M): void {
    if (this.isStarting) return;
    this.isStarting = true;
    for (let next = first ?? this.take(); next; next = this.take()) this.begin(next);
    this.isStarting = false;
  }

  /** The next message to work on, if there is one and its work may run. */
  private take(): M | undefined {
    while (this.running < this.concurrency && this.begun < this.waiting.length && !this.observer.closed) {
      const message = this.waiting[this.begun++]!;
      this.skip();
      if (!message.cameAgain) return message;
    }
    return undefined;
  }

  /** Keeps no message twice: those that came again, after a reconnect, did so in their order. */
  private skip(): void {
    while (this.waiting[this.begun]?.cameAgain === true) this.begun++;
    if (this.begun < this.waiting.length / 2 || this.begun === 0) return;
    this.waiting = this.waiting.slice(this.begun);
    this.begun = 0;
  }

  private begin(message: M): void {
    this.running++;
    const work = new Work<M, R>(this, message);
    try {
      const working = from(this.work(message)).subscribe(work);
      if (working.closed) return;
      work.working = working;
      this.works.add(working);
    } catch (error) {
      this.failed(work, error);
    }
  }

  private over({ working }: Work<M, R>, outcome: Consumed<M, R>): void {
    this.running--;
    if (working) this.works.remove(working);
    this.observer.next(outcome);
    if (this.isOver && this.running === 0) this.observer.complete();
    else this.start();
  }

  /** Decides over a message whose work failed. */
  private settle(message: M, error: unknown): void {
    switch (this.onError) {
      case 'retry':
        return message.abandon();
      case 'refuse':
        return message.acknowledge(REFUSED);
      case 'acknowledge':
        return message.acknowledge();
      case 'stop':
        throw error;
    }
  }
}

/** The work on one message: observes it. */
class Work<M extends Message, R> {
  /** If it was not done at once. */
  working: Subscription | undefined = undefined;
  private result: R | undefined = undefined;

  constructor(
    private readonly consumer: Consumer<M, R>,
    readonly message: M,
  ) {}

  next(value: R): void {
    this.result = value;
  }

  error(error: unknown): void {
    this.consumer.failed(this, error);
  }

  complete(): void {
    this.consumer.done(this, this.result);
  }
}
