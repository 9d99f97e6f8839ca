import { type MqttError, NotSupportedError, PacketTooLargeError } from '../errors.js';
import { varintSize } from '../packet/varint.js';
import { utf8Length } from '../text.js';
import { type Delivery, USUAL, difference } from './Delivery.js';
import type { ServerLimits } from './ServerLimits.js';

/** A property with a subscription identifier takes this many bytes at most. */
const IDENTIFIER = 5;
/** Headers, lengths, identifiers and options of a packet with one filter take less than this. */
const BESIDE_FILTER = 20;

/** Why a connection's server cannot take a SUBSCRIBE of a filter; `undefined` if it can. */
export function filterRefusal(filter: string, delivery: Delivery, limits: ServerLimits): MqttError | undefined {
  const option = limits.protocolVersion === 4 && difference(delivery, USUAL);
  if (option) return new NotSupportedError(`${option} needs MQTT 5, and the server speaks 3.1.1`);
  if (!limits.wildcardSubscriptionAvailable && /[+#]/.test(filter)) {
    return new NotSupportedError(`the server has no wildcards, and "${filter}" has one`); // MQTT5 section 3.2.2.3.11
  }
  if (!limits.sharedSubscriptionAvailable && filter.startsWith('$share/')) {
    return new NotSupportedError(`the server has no shared subscriptions, and "${filter}" is one`); // MQTT5 section 3.2.2.3.13
  }
  return sizeRefusal('subscribe', filter, limits);
}

/** Why a SUBSCRIBE or UNSUBSCRIBE of one filter is too large for a server [MQTT5-3.2.2-15]; `undefined` if it is not. */
export function sizeRefusal(
  type: 'subscribe' | 'unsubscribe',
  filter: string,
  { maximumPacketSize, subscriptionIdentifiersAvailable }: ServerLimits,
): PacketTooLargeError | undefined {
  if (3 * filter.length + BESIDE_FILTER <= maximumPacketSize) return undefined; // most need not be measured
  const options = type === 'subscribe' ? 1 : 0;
  const identifier = options && subscriptionIdentifiersAvailable ? IDENTIFIER : 0;
  const body = 2 + 1 + identifier + 2 + utf8Length(filter) + options;
  const size = 1 + varintSize(body) + body;
  return size > maximumPacketSize ? new PacketTooLargeError(size, maximumPacketSize) : undefined;
}
