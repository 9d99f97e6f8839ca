import { InvalidArgumentError, type MqttError, PacketTooLargeError } from '../errors.js';
import { MAX_REMAINING_LENGTH } from '../packet/fixedHeader.js';
import { utf8Length } from '../topic/utf8Length.js';
import { checkTopicName } from '../topic/topicName.js';

/** The most that topic name, its length and packet identifier take of a packet. */
const MOST_BESIDE_PAYLOAD = 65_535 + 4;
/** What timers of JavaScript can hold. */
const LONGEST_EXPIRY = 2_147_483_647;

/**
 * Why something cannot be published, or `undefined` if it can.
 * @param payload its bytes; `undefined` if it could not be made bytes
 */
export function publishError(
  topic: string,
  payload: Uint8Array | undefined,
  qos: unknown,
  retain: unknown,
  expiry?: number,
): MqttError | undefined {
  const error = qosError(qos);
  if (error) return error;
  if (expiry !== undefined && !(expiry > 0 && expiry <= LONGEST_EXPIRY)) {
    return new InvalidArgumentError(
      'expiry',
      `expected milliseconds from 1 to ${LONGEST_EXPIRY}, got ${String(expiry)}`,
    );
  }
  if (typeof retain !== 'boolean')
    return new InvalidArgumentError('retain', `expected a boolean, got ${typeof retain}`);
  if (!payload) {
    return new InvalidArgumentError('payload', 'expected a string, a Uint8Array or undefined; stringify anything else');
  }
  const invalid = checkTopicName(topic);
  if (invalid || payload.length <= MAX_REMAINING_LENGTH - MOST_BESIDE_PAYLOAD) return invalid;
  const size = payload.length + 2 + utf8Length(topic) + (qos === 0 ? 0 : 2);
  return size > MAX_REMAINING_LENGTH ? new PacketTooLargeError(size, MAX_REMAINING_LENGTH) : undefined;
}

/** Why something is not a QoS, or `undefined` if it is one. */
export function qosError(qos: unknown): MqttError | undefined {
  if (qos === 0 || qos === 1 || qos === 2) return undefined;
  return new InvalidArgumentError('qos', `expected 0, 1 or 2, got ${String(qos)}`);
}
