import type { LoggerService } from '@nestjs/common';
import type { Serializer, WritePacket } from '@nestjs/microservices';
import { EMPTY, type Observable, catchError, concatMap, defer, ignoreElements, materialize, mergeMap } from 'rxjs';
import {
  InvalidTopicError,
  type Message,
  type MessageProperties,
  type MqttClient,
  type PublishOptions,
  type PublishReceipt,
} from '../index.js';
import type { MqttHandlerOptions } from './MqttHandlerOptions.js';
import { failureText, plain } from './payload.js';
import { recorded } from './record.js';
import { serialized } from './serialized.js';
import { writePackets } from './writePackets.js';

/** Publishes the answers to requests, at the QoS of the request unless a record says otherwise. */
export class Answers {
  constructor(
    private readonly client: MqttClient,
    private readonly logger: LoggerService,
    private readonly serializer: Serializer | undefined,
  ) {}

  /**
   * Answers in Nest's way: packets on the topic of the request with `/reply`. Cold; completes when all are published; never
   * errs: that an answer cannot be published is logged, and told instead of it if that can be published.
   */
  inEnvelopes(request: Message, id: string, answers$: Observable<unknown>): Observable<never> {
    return answers$.pipe(
      writePackets(),
      concatMap((packet) =>
        this.told(
          request,
          () => this.envelope(request, id, packet),
          (message) => this.envelope(request, id, { err: { status: 'error', message }, isDisposed: true }),
        ),
      ),
    );
  }

  /**
   * Answers in the way of MQTT 5: values on the response topic, with the correlation data, and a failure as the user property
   * `error` of an empty answer. Cold; completes and errs as `inEnvelopes` does.
   */
  plainly(request: Message, answers$: Observable<unknown>, codec?: MqttHandlerOptions['answer']): Observable<never> {
    return answers$.pipe(
      materialize(),
      concatMap((notification) => {
        if (notification.kind === 'E') return this.failed(request, notification.error);
        if (notification.kind === 'C') return EMPTY;
        return this.told(
          request,
          () => this.value(request, notification.value, codec),
          (why) => this.failure(request, why),
        );
      }),
    );
  }

  /** Tells an MQTT 5 requester that there is no answer, and why. */
  failed(request: Message, error: unknown): Observable<never> {
    return this.told(request, () => this.failure(request, failureText(error)));
  }

  private failure(request: Message, why: string): Observable<PublishReceipt> {
    return this.reply(request, undefined, {}, { userProperties: [['error', why]] });
  }

  private envelope(request: Message, id: string, { response, ...packet }: WritePacket): Observable<PublishReceipt> {
    const { data, options } = recorded(response);
    const whole = data === undefined ? { ...packet, id } : { ...packet, response: data, id };
    return serialized(whole, this.serializer).pipe(
      mergeMap((bytes) => this.client.publish(`${request.topic}/reply`, bytes, { qos: request.qos, ...options })),
    );
  }

  private value(request: Message, value: unknown, codec: MqttHandlerOptions['answer']): Observable<PublishReceipt> {
    const { data, options } = recorded(value);
    if (!codec) return this.reply(request, plain(data), options);
    const { encode, contentType } = codec;
    return this.reply(request, encode.call(codec, data as never), options, contentType ? { contentType } : {});
  }

  private reply(
    { qos, properties: { responseTopic = '', correlationData } }: Message,
    payload: string | Uint8Array | undefined,
    { properties, ...options }: Pick<PublishOptions, 'qos' | 'retain' | 'properties'>,
    said: MessageProperties = {},
  ): Observable<PublishReceipt> {
    if (responseTopic.startsWith('$')) {
      throw new InvalidTopicError(responseTopic, 'requesters may not choose topics of the server');
    }
    return this.client.publish(responseTopic, payload, {
      qos,
      ...options,
      properties: { ...said, ...properties, ...(correlationData && { correlationData }) },
    });
  }

  /** Logs what cannot be published, and then publishes what tells of it, if that can be. */
  private told(
    { topic }: Message,
    publish: () => Observable<PublishReceipt>,
    instead: (why: string) => Observable<PublishReceipt> = () => EMPTY,
  ): Observable<never> {
    return defer(publish).pipe(
      catchError((error: unknown) => {
        this.logger.error(`an answer to the request on ${topic} was not published: ${failureText(error)}`);
        return defer(() => instead(`the answer cannot be published: ${failureText(error)}`)).pipe(
          catchError(() => EMPTY), // for the same reason, which is logged
        );
      }),
      ignoreElements(),
    );
  }
}
