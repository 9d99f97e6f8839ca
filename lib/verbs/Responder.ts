import { EMPTY, type Observable, type ObservableInput, catchError, concat, defer, from, ignoreElements, map, mergeAll, mergeMap, of, take } from 'rxjs'; // prettier-ignore
import type { Message } from '../client/Message.js';
import type { MqttClient } from '../client/MqttClient.js';
import type { PublishReceipt } from '../client/Publishing.js';
import type { MessageProperties } from '../connection/messageProperties.js';
import { InvalidTopicError, NotSupportedError } from '../errors.js';
import { matches } from '../topic/matches.js';
import { checkTopicName } from '../topic/topicName.js';
import type { Codec } from '../client/Codec.js';
import { type Encoded, type Writer, decodeBy, encodeBy } from './byCodec.js';
import { ERROR } from './PendingRequest.js';
import type { RespondResult, TypedRespondOptions } from './RespondOptions.js';
import { errorText } from './errorText.js';

/** What a responder needs of its client. */
export type RespondClient = Pick<MqttClient, 'connection$' | 'publish' | 'topic$'>;

/** Options of all overloads of `respond`. */
export type RespondCodecs = Partial<TypedRespondOptions<Codec<unknown, never> | undefined, Writer<never> | undefined>>;

/** Answers requests. */
export class Responder {
  /** @param filter on which they come, without names */
  constructor(
    private readonly client: RespondClient,
    private readonly filter: string,
    private readonly handler: (request: Message) => unknown,
    private readonly options: RespondCodecs,
  ) {}

  /** Answers a request. Cold; emits a result for each answer, or one with an error; never errs. */
  respond(message: Message): Observable<RespondResult> {
    let request = message;
    let topic: string;
    try {
      topic = this.topicFor(request);
    } catch (error) {
      return of({ request, error });
    }
    const answers$ = defer(() => {
      request = decodeBy(this.options.payload, message);
      return answersOf(this.handler(request));
    });
    const { answer: codec = this.options.payload } = this.options;
    return answers$.pipe(
      map((answer) => this.answer(topic, request, answer, encodeBy(codec, answer))),
      // A failure is one more answer: those before it go out.
      catchError((error: unknown) => of(this.fail(topic, request, error))),
      mergeAll(),
    );
  }

  /** @throws {NotSupportedError | InvalidTopicError} there is none, or none to publish to */
  private topicFor(request: Message): string {
    const { responseTopic: choose } = this.options;
    const topic = choose ? choose(request) : request.properties.responseTopic;
    if (topic === undefined) {
      const why = 'MQTT 5 lets it do so, and the option responseTopic can say one';
      throw new NotSupportedError(`the request to "${request.topic}" says no topic for an answer: ${why}`);
    }
    checkTopicName(topic);
    if (!choose && topic.startsWith('$')) {
      throw new InvalidTopicError(
        topic,
        'requesters may not choose topics of the server; the option responseTopic may',
      );
    }
    if (choose && matches(this.filter, topic)) {
      throw new InvalidTopicError(
        topic,
        `"${this.filter}" matches it: the answer would be a request, and so on for ever`,
      );
    }
    return topic;
  }

  private answer(topic: string, request: Message, answer: unknown, encoded: Encoded): Observable<RespondResult> {
    const { correlationData, responseTopic } = request.properties;
    // What a codec says needs MQTT 5, and only what came with the request tells that it is spoken.
    const isMqtt5 = correlationData !== undefined || responseTopic !== undefined;
    return this.publish(topic, request, encoded.payload, isMqtt5 ? encoded.properties : undefined).pipe(
      map((receipt) => ({ request, answer, receipt })),
      catchError((error: unknown) => of({ request, answer, error })),
    );
  }

  /** MQTT 3.1.1 has no way to tell the requester. */
  private fail(topic: string, request: Message, error: unknown): Observable<RespondResult> {
    const properties = { userProperties: [[ERROR, errorText(error)] as const] };
    const told$ = this.client.connection$.pipe(
      take(1),
      mergeMap(({ protocolVersion }) =>
        protocolVersion === 5 ? this.publish(topic, request, undefined, properties) : EMPTY,
      ),
      ignoreElements(),
      catchError((error: unknown) => of({ request, error })),
    );
    return concat(of({ request, error }), told$);
  }

  private publish(
    topic: string,
    { qos, properties: { correlationData } }: Message,
    payload: Encoded['payload'],
    said: MessageProperties | undefined,
  ): Observable<PublishReceipt> {
    const properties = correlationData ? { ...said, correlationData } : said;
    return this.client.publish(topic, payload, { qos, properties });
  }
}

/** Text and bytes are iterables, but not meant as such. */
function answersOf(answers: unknown): Observable<unknown> {
  const isOne = typeof answers === 'string' || answers instanceof Uint8Array;
  return isOne ? of(answers) : from(answers as ObservableInput<unknown>);
}
