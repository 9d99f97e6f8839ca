import { type MessageProperties, messageProperties } from '../connection/messageProperties.js';
import { InvalidArgumentError, NotSupportedError, PacketTooLargeError } from '../errors.js';
import type { PublishProperties } from '../packet/PacketProperties.js';
import { MAX_REMAINING_LENGTH } from '../packet/fixedHeader.js';
import { LONGEST_TIMER, checkArgument } from '../stream/checkOption.js';
import { checkTopicName } from '../topic/topicName.js';
import { utf8Length } from '../text.js';

/** The most that topic name, its length and packet identifier take of a packet. */
const MOST_BESIDE_PAYLOAD = 65_535 + 4;

/** The last topic name. Most programs publish to few names, and to check one again is 5 % of the cost of a publish. */
let lastTopic = '/';

/**
 * Refuses what cannot be published.
 * @param payload its bytes; `undefined` if it could not be made bytes
 * @throws {MqttError}
 */
export function checkPublish(
  topic: string,
  payload: Uint8Array | undefined,
  qos: unknown,
  retain: unknown,
  expiry = 1,
): asserts payload {
  checkQoS(qos);
  checkArgument(
    typeof expiry === 'number' && expiry > 0 && expiry <= LONGEST_TIMER,
    'expiry',
    `milliseconds from 1 to ${LONGEST_TIMER}`,
    expiry,
  );
  checkArgument(typeof retain === 'boolean', 'retain', 'a boolean', typeof retain);
  checkArgument(
    payload,
    'payload',
    'a string or a Uint8Array',
    'something else: JSON.stringify a value, wrap an ArrayBuffer in a Uint8Array',
  );
  if (topic !== lastTopic) checkTopicName(topic);
  lastTopic = topic;
  if (payload.length <= MAX_REMAINING_LENGTH - MOST_BESIDE_PAYLOAD) return;
  const size = payload.length + 2 + utf8Length(topic) + (qos === 0 ? 0 : 2);
  if (size > MAX_REMAINING_LENGTH) throw new PacketTooLargeError(size, MAX_REMAINING_LENGTH);
}

/**
 * The properties of a message as its packet carries them.
 *
 * @param given what the application asked for
 * @param implied what a codec says of the payload: what was asked for goes before it, and MQTT 3.1.1 does without
 * @param areRequired whether MQTT 3.1.1 must not do without what was asked for, either
 * @throws {NotSupportedError} the client speaks MQTT 3.1.1
 * @throws {InvalidArgumentError} naming the property
 */
export function publishProperties(
  given: MessageProperties | undefined,
  implied: MessageProperties | undefined,
  version: number | string,
  areRequired: boolean,
): PublishProperties | undefined {
  const is311 = version === 4;
  if (is311 && given && areRequired)
    throw new NotSupportedError("properties need MQTT 5: set protocolVersion to 5 or 'auto'");
  if (is311 || !(given || implied)) return undefined;
  const own = given && messageProperties(given, 'properties', refuse);
  return implied ? { ...messageProperties(implied, 'payload', refuse), ...own } : own;
}

function refuse(field: string, why: string): never {
  throw new InvalidArgumentError(field, why);
}

/** How long a message may wait, in milliseconds. @throws {InvalidArgumentError} it is said twice */
export function expiryOf(expiry: number | undefined, properties: PublishProperties | undefined): number | undefined {
  const seconds = properties?.messageExpiryInterval;
  if (seconds === undefined) return expiry;
  checkArgument(expiry === undefined, 'expiry', 'either it or properties.messageExpiryInterval', 'both');
  return Math.max(1, seconds * 1_000);
}

/** @throws {InvalidArgumentError} for what is not a QoS */
export function checkQoS(qos: unknown): void {
  checkArgument(qos === 0 || qos === 1 || qos === 2, 'qos', '0, 1 or 2', qos);
}
