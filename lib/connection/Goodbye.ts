import { InvalidArgumentError, type MqttError, NotSupportedError, PacketTooLargeError } from '../errors.js';
import type { DisconnectPacket } from '../packet/Packet.js';
import { encode } from '../packet/encode.js';
import { checkArgument } from '../stream/checkOption.js';
import { invalidText } from '../topic/invalidText.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { NEVER_EXPIRES } from './ConnectionProperties.js';
import type { Link } from './Link.js';
import { type UserProperties, userPropertyPairs } from './userProperties.js';

/** What DISCONNECT says when a client ends. All but `reasonCode: 0` needs MQTT 5. */
export interface Goodbye {
  /** 0, the default: the server forgets the will; 4: it publishes the will. */
  readonly reasonCode?: 0 | 4 | undefined;
  /**
   * Seconds that the server keeps the session from now on, in place of what CONNECT said; `Infinity`: for ever. Only with
   * `cleanSession: false` or `'first'`: a session that ends with its connection cannot be prolonged (MQTT5 section 3.14.2.2.2).
   */
  readonly sessionExpiryInterval?: number | undefined;
  /** A text for people. */
  readonly reasonString?: string | undefined;
  readonly userProperties?: UserProperties | undefined;
}

const UNSUPPORTED = 'reasonCode 4 and properties of DISCONNECT need MQTT 5';
const EXPIRED =
  'the session ends with its connection, as CONNECT said, and cannot be prolonged (MQTT5 section 3.14.2.2.2)';

/**
 * Makes DISCONNECT of it; nothing if there is nothing to say.
 *
 * @throws {InvalidArgumentError} naming what is wrong
 * @throws {NotSupportedError} the client speaks MQTT 3.1.1
 */
export function goodbyePacket(goodbye: Goodbye, options: ConnectionOptions): DisconnectPacket | undefined {
  const { reasonCode = 0, sessionExpiryInterval, reasonString, userProperties } = goodbye;
  checkArgument(reasonCode === 0 || (reasonCode as unknown) === 4, 'reasonCode', '0 or 4', reasonCode);
  if (sessionExpiryInterval !== undefined) checkExpiry(sessionExpiryInterval);
  const fault = reasonString === undefined ? undefined : invalidText(reasonString, 'text');
  if (fault !== undefined) refuse('reasonString', fault);
  const pairs = userProperties && userPropertyPairs(userProperties, (why) => refuse('userProperties', why));
  const isPlain = reasonCode === 0 && sessionExpiryInterval === undefined && reasonString === undefined && !pairs;
  if (isPlain) return undefined;
  if (options.protocolVersion === 4) throw new NotSupportedError(UNSUPPORTED);
  if (sessionExpiryInterval && options.cleanSession === true) refuse('sessionExpiryInterval', EXPIRED);
  const expires = sessionExpiryInterval && Math.min(sessionExpiryInterval, NEVER_EXPIRES);
  const properties = { sessionExpiryInterval: expires, reasonString, userProperties: pairs };
  const packet: DisconnectPacket = { type: 'disconnect', reasonCode, properties };
  try {
    sizeOf(packet);
  } catch (error) {
    refuse('userProperties', String(error)); // too many
  }
  return packet;
}

/** Lets a connection end with it. @returns why that cannot be said on this connection, which then ends without */
export function sayGoodbye(packet: DisconnectPacket, link: Link): MqttError | undefined {
  if (link.version === 4) return new NotSupportedError(`${UNSUPPORTED}, and the server speaks 3.1.1`);
  if (packet.properties?.sessionExpiryInterval && !link.askedExpiry) {
    return new InvalidArgumentError('sessionExpiryInterval', EXPIRED);
  }
  const size = sizeOf(packet);
  if (size > link.limit) return new PacketTooLargeError(size, link.limit); // [MQTT5-3.14.2-3] [MQTT5-3.14.2-4]
  link.goodbye = packet;
  return undefined;
}

function sizeOf(packet: DisconnectPacket): number {
  return encode(packet, { protocolVersion: 5 }).length;
}

function checkExpiry(value: number): void {
  const isOne = value === Infinity || (Number.isInteger(value) && value >= 0 && value < NEVER_EXPIRES);
  checkArgument(isOne, 'sessionExpiryInterval', 'seconds, an integer from 0 to 4294967294, or Infinity', value);
}

function refuse(argument: string, why: string): never {
  throw new InvalidArgumentError(argument, why);
}
