import { type Observable, type ObservableInput, from } from 'rxjs';
import type { Message } from '../client/Message.js';
import { checkQoS } from '../client/checkPublish.js';
import type { MessageProperties } from '../connection/messageProperties.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import { InvalidArgumentError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import { LONGEST_TIMER, checkArgument } from '../stream/checkOption.js';
import { matches as isMatched } from '../topic/matches.js';
import { parseFilter } from '../topic/namedWildcards.js';
import { checkTopicName } from '../topic/topicName.js';

/** How something is requested. */
export interface RequestOptions {
  /**
   * Topic filters on which answers come. Default: a topic of this client's own, which the responder is told; that needs
   * MQTT 5. Under MQTT 3.1.1, and for devices with a convention of their own, say it.
   */
  readonly responseTopic?: string | readonly string[] | undefined;
  /**
   * Picks the answers among the messages on `responseTopic`. Default: under MQTT 5 those with the correlation data of the
   * request, or with none; under 3.1.1 all. With `matches` a request carries no response topic and no correlation data but
   * those in `properties`. It is not asked about retained messages, which are older than the request.
   */
  readonly matches?: ((message: Message) => boolean) | undefined;
  /**
   * How many answers are awaited. Default 1. Or an Observable whose first value ends the waiting: it is subscribed when the
   * request is published.
   */
  readonly responses?: number | ObservableInput<unknown> | undefined;
  /**
   * Milliseconds from the subscription to the last answer; if `responses` is an Observable, to the first. Default 10,000;
   * `Infinity`: no limit. A request that has waited as long is not sent any more. An MQTT 5 broker is told how much is left,
   * as the Message Expiry Interval, unless `properties` have one.
   */
  readonly timeout?: number | undefined;
  /** The QoS of the request, and the highest at which answers are wanted. Default 1. */
  readonly qos?: QoS | undefined;
  /** What MQTT 5 says about the request. Response topic and correlation data are not for you to set, unless there is `matches`. */
  readonly properties?: MessageProperties | undefined;
}

/** The same for values. @typeParam P the codec `payload` @typeParam A the codec `answer` */
export interface TypedRequestOptions<P, A> extends RequestOptions {
  /** Writes what is asked, and reads the answers unless there is `answer`. Left out: what is asked is text or bytes. */
  readonly payload: P;
  /** Reads the answers. */
  readonly answer: A;
}

const NAMES = ['responseTopic', 'matches', 'responses', 'timeout', 'qos', 'properties', 'payload', 'answer'];

/** A request, checked, with the defaults filled in. */
export interface WantedRequest {
  readonly topic: string;
  readonly qos: QoS;
  readonly timeout: number;
  /** Empty: a topic of the client's own. */
  readonly filters: readonly string[];
  readonly matches: RequestOptions['matches'];
  readonly properties: MessageProperties | undefined;
  readonly count: number;
  /** What ends the waiting. */
  readonly until: Observable<unknown> | undefined;
}

/**
 * Checks a request.
 *
 * @throws {InvalidTopicError | InvalidArgumentError}
 */
export function checkRequest(topic: string, options: RequestOptions): WantedRequest {
  refuseOtherArguments(options, NAMES);
  const { responseTopic = [], matches, responses = 1, timeout = 10_000, qos = 1, properties } = options;
  checkTopicName(topic);
  checkQoS(qos);
  checkArgument(matches === undefined || typeof matches === 'function', 'matches', 'a function', matches);
  if (matches && !options.responseTopic) throw new InvalidArgumentError('matches', 'needs the option responseTopic');
  const isTime = typeof timeout === 'number' && timeout > 0 && (timeout <= LONGEST_TIMER || timeout === Infinity);
  checkArgument(isTime, 'timeout', `milliseconds up to ${LONGEST_TIMER}, or Infinity`, timeout);
  const isObject = properties === undefined || Object(properties) === properties;
  checkArgument(isObject, 'properties', 'an object', properties);
  const isCount = typeof responses !== 'object';
  const isPossible = !isCount || (Number.isInteger(responses) && responses >= 1);
  checkArgument(isPossible, 'responses', 'an integer from 1, or an Observable', responses);
  const filters = [...new Set([responseTopic].flat())];
  checkArgument(filters.length > 0 || !options.responseTopic, 'responseTopic', 'a topic filter at least', '[]');
  for (const filter of filters) checkResponseTopic(filter, topic, matches !== undefined);
  if (!matches) refuseOurs(properties);
  const [count, until] = isCount ? [responses, undefined] : [Infinity, from(responses)];
  return { topic, filters, matches, properties, timeout, qos, count, until };
}

function checkResponseTopic(given: string, topic: string, isPicked: boolean): void {
  const { filter } = parseFilter(given);
  if (isPicked || !isMatched(filter, topic)) return;
  const why = `"${given}" matches the topic of the request, which would be its own answer; tell them apart with matches`;
  throw new InvalidArgumentError('responseTopic', why);
}

/** Refuses properties that the request is given anyway. */
function refuseOurs(properties: MessageProperties = {}): void {
  for (const name of ['responseTopic', 'correlationData'] as const) {
    if (properties[name] === undefined) continue;
    const instead = name === 'responseTopic' ? 'use the option responseTopic' : 'the request makes it';
    throw new InvalidArgumentError(`properties.${name}`, `${instead}, or pick the answers with matches`);
  }
}
