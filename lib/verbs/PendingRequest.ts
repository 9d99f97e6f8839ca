import { Observable, catchError, tap } from 'rxjs';
import type { Message } from '../client/Message.js';
import type { PublishReceipt } from '../client/Publishing.js';
import type { Connection } from '../connection/Connection.js';
import type { MessageProperties } from '../connection/messageProperties.js';
import {
  MessageExpiredError,
  NotSupportedError,
  RequestFailedError,
  type RequestStep,
  RequestTimeoutError,
} from '../errors.js';
import { monotonicNow } from '../stream/clock.js';
import { isTopicName } from '../topic/isTopicName.js';
import type { Encoded } from './byCodec.js';
import type { WantedRequest } from './RequestOptions.js';
import type { Asker, RequestClient } from './ResponseChannel.js';
import { randomText } from './randomText.js';
import { channelOf, ownTopic } from './responseChannels.js';

/** The reason code of an acknowledgement that says that nobody was subscribed. */
const NO_SUBSCRIBERS = 0x10;

/** The user property of an answer that says why the responder failed. */
export const ERROR = 'error';

/** How the answers to a request come. */
interface Route extends Pick<Asker, 'key' | 'takes'> {
  readonly filters: readonly string[];
  readonly properties: MessageProperties | undefined;
}

/** One request on its way. */
export class PendingRequest {
  private readonly since = monotonicNow();
  private step: RequestStep = 'connect';
  private isUnheard = false;

  constructor(
    private readonly client: RequestClient,
    private readonly wanted: WantedRequest,
    private readonly encoded: Encoded,
  ) {}

  /** Why it has no answer in time. */
  late(cause?: MessageExpiredError): RequestTimeoutError {
    const { topic, timeout } = this.wanted;
    return new RequestTimeoutError(topic, timeout, this.step, this.isUnheard, cause && { cause });
  }

  /**
   * Asks over a connection. Cold; emits the answers; errs with what keeps answers from coming; completes when `until` of the
   * request emits.
   *
   * @throws {NotSupportedError} the connection speaks MQTT 3.1.1, and there is no response topic
   */
  answers(connection: Connection): Observable<Message> {
    const { wanted } = this;
    const { filters, properties, ...told } = this.route(connection);
    return new Observable((observer) => {
      const channel = channelOf(this.client, filters, wanted.qos);
      const asker: Asker = {
        ...told,
        granted: () => {
          const error = (reason: unknown) => observer.error(reason);
          observer.add(wanted.until?.subscribe({ next: () => observer.complete(), error }));
          if (!observer.closed) observer.add(this.publish(properties).subscribe({ error }));
        },
        answered: (message) => {
          const failure = message.properties.userProperties?.find(([name]) => name === ERROR);
          if (failure) observer.error(new RequestFailedError(wanted.topic, failure[1]));
          else observer.next(message);
        },
        failed: (error) => observer.error(error),
      };
      this.step = 'subscribe';
      observer.add(() => channel.leave(asker));
      channel.join(asker);
    });
  }

  /** How answers come and are told, and what MQTT 5 says about the request. */
  private route(connection: Connection): Route {
    const { filters, matches, properties } = this.wanted;
    const isMqtt5 = connection.protocolVersion === 5;
    if (filters.length === 0 && !isMqtt5) {
      const instead =
        "say where answers come with the options responseTopic and matches, or set protocolVersion to 5 or 'auto'";
      throw new NotSupportedError(`MQTT 3.1.1 has no response topics: ${instead}`);
    }
    const said = isMqtt5 ? { ...this.encoded.properties, ...properties } : properties;
    if (matches || !isMqtt5) {
      const takes = (message: Message) => !message.retain && (!matches || matches(message));
      return { filters, key: undefined, takes, properties: said };
    }
    const key = randomText();
    const isOwn = filters.length === 0;
    const topics = isOwn ? [ownTopic(this.client, connection)] : filters;
    const responseTopic = topics.length === 1 && isTopicName(topics[0]!) ? topics[0] : undefined;
    const takes = isOwn ? undefined : ({ retain, properties }: Message) => !retain && !properties.correlationData;
    return { filters: topics, key, takes, properties: { ...said, responseTopic, correlationData: key } };
  }

  private publish(properties: MessageProperties | undefined): Observable<PublishReceipt> {
    const { topic, timeout, qos } = this.wanted;
    const isOurs = timeout < Infinity && properties?.messageExpiryInterval === undefined;
    const expiry = isOurs ? Math.max(1, this.since + timeout - monotonicNow()) : undefined;
    this.step = 'publish';
    return this.client.publish(topic, this.encoded.payload, { qos, expiry, properties }).pipe(
      tap(({ reasonCode }) => {
        this.step = 'answer';
        this.isUnheard = reasonCode === NO_SUBSCRIBERS;
      }),
      catchError((error: unknown) => {
        throw isOurs && error instanceof MessageExpiredError ? this.late(error) : error;
      }),
    );
  }
}
