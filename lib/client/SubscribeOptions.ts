import { InvalidArgumentError, NotSupportedError } from '../errors.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import type { QoS, RetainHandling } from '../packet/Packet.js';
import { type Delivery, USUAL, difference } from '../session/Delivery.js';
import { checkArgument } from '../stream/checkOption.js';
import { isShared } from '../topic/isShared.js';
import { type ParsedFilter, parseFilter } from '../topic/namedWildcards.js';
import { AUTOMATIC, type Acknowledging } from './Claim.js';
import type { DecodeOptions } from './Decoding.js';
import { checkQoS } from './checkPublish.js';

/**
 * How a topic filter is subscribed. All options but `qos` are MQTT 5's; a broker that speaks 3.1.1 gets none of them, and the
 * stream errs with a `NotSupportedError`. All who want a filter share one subscription: who asks for other options than the
 * first gets an `InvalidArgumentError`.
 */
export interface SubscribeOptions {
  /**
   * The highest QoS at which messages are wanted. Default 0. A subscription is as high as its highest listener, and is
   * lowered along with the next SUBSCRIBE or UNSUBSCRIBE when that one has left.
   */
  readonly qos?: QoS | undefined;
  /** Whether messages that this client published itself are left out. Default `false`. Not for shared subscriptions. */
  readonly noLocal?: boolean | undefined;
  /**
   * Whether live messages keep the RETAIN flag that they were published with. Default `false`: `retain` is `true` only for
   * messages that were stored before. With `true` the two look the same, so that a listener who is there already gets the
   * retained messages again when another one joins.
   */
  readonly retainAsPublished?: boolean | undefined;
  /**
   * Which retained messages are wanted: 0, the default, all of them, for each new listener as well; 1 all of them, if the
   * broker did not have this subscription before; 2 none.
   */
  readonly retainHandling?: RetainHandling | undefined;
}

/**
 * How a `topic$` is subscribed, decoded and acknowledged.
 *
 * @typeParam V what the codec makes of payloads
 * @typeParam P the named wildcards of the filter
 */
export interface TopicOptions<V = unknown, P = Readonly<Record<string, string>>>
  extends SubscribeOptions, DecodeOptions<V, P> {
  /**
   * When a QoS 1 or 2 message is acknowledged. `'auto'`, the default: when every listener's `next` has returned.
   * `'manual'`: when the application has called `message.acknowledge()`, and every other `'manual'` listener that got the
   * message as well. At most `receiveMaximum` messages are open at a time, those of QoS 0 among them: acknowledge each.
   */
  readonly acknowledge?: 'auto' | 'manual' | undefined;
  /**
   * With `'manual'`, what becomes of open messages when the listener leaves. Default `false`: the other listeners decide;
   * if there are none, the message stays unacknowledged and the broker sends it again on the next connection. `true`: they
   * are acknowledged.
   */
  readonly acknowledgeOnLeave?: boolean | undefined;
}

const NAMES = ['qos', 'noLocal', 'retainAsPublished', 'retainHandling'];

/** A filter that is asked for, checked. */
export interface CheckedFilter {
  readonly wanted: ParsedFilter;
  readonly filter: string;
  readonly qos: QoS;
  readonly delivery: Delivery;
}

/**
 * Checks a filter and how it is wanted.
 *
 * @param version that the client speaks: 4, 5 or `'auto'`
 * @param names of the options that there are
 * @throws {InvalidTopicError | InvalidArgumentError}
 * @throws {NotSupportedError} the client speaks MQTT 3.1.1
 */
export function checkSubscribe(
  topicFilter: string,
  options: SubscribeOptions | undefined,
  version: number | string,
  names = NAMES,
): CheckedFilter {
  const wanted = parseFilter(topicFilter);
  const { filter } = wanted;
  if (!options) return { wanted, filter, qos: 0, delivery: USUAL };
  refuseOtherArguments(options, names);
  const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
  checkQoS(qos);
  checkArgument(typeof noLocal === 'boolean', 'noLocal', 'a boolean', noLocal);
  checkArgument(typeof retainAsPublished === 'boolean', 'retainAsPublished', 'a boolean', retainAsPublished);
  checkArgument([0, 1, 2].includes(retainHandling), 'retainHandling', '0, 1 or 2', retainHandling);
  const delivery = { noLocal, retainAsPublished, retainHandling };
  const option = difference(delivery, USUAL);
  if (!option) return { wanted, filter, qos, delivery: USUAL };
  if (version === 4) throw new NotSupportedError(`${option} needs MQTT 5: set protocolVersion to 5 or 'auto'`);
  if (noLocal && isShared(filter)) {
    throw new InvalidArgumentError('noLocal', `not for a shared subscription such as "${filter}" [MQTT5-3.8.3-4]`);
  }
  return { wanted, filter, qos, delivery };
}

export const TOPIC_NAMES = [...NAMES, 'acknowledge', 'acknowledgeOnLeave', 'payload', 'onUndecodable'];

/** Checks the options of `topic$` that are not those of `subscribe`. @throws {InvalidArgumentError} */
export function checkAcknowledge(options: TopicOptions<unknown, never> | undefined): Acknowledging {
  if (!options) return AUTOMATIC;
  const { acknowledge = 'auto', acknowledgeOnLeave: onLeave = false } = options;
  checkArgument(['auto', 'manual'].includes(acknowledge), 'acknowledge', "'auto' or 'manual'", acknowledge);
  checkArgument(typeof onLeave === 'boolean', 'acknowledgeOnLeave', 'a boolean', onLeave);
  const isManual = acknowledge === 'manual';
  checkArgument(isManual || !onLeave, 'acknowledgeOnLeave', "acknowledge: 'manual' beside it", acknowledge);
  return isManual ? { isManual, onLeave } : AUTOMATIC;
}

/** Why a filter cannot be had as it is asked for: it is wanted otherwise already. @param held how, if it is wanted */
export function conflict(
  filter: string,
  delivery: Delivery,
  held: Delivery | undefined,
): InvalidArgumentError | undefined {
  const option = held && difference(held, delivery);
  if (!option) return undefined;
  const shown = NAMES.slice(1).map((name) => `${name}: ${held[name as keyof Delivery]}`);
  return new InvalidArgumentError(
    option,
    `"${filter}" is wanted with ${shown.join(', ')} already, by one subscription for all`,
  );
}
