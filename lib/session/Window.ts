import { type MqttError, NotSupportedError, PacketTooLargeError } from '../errors.js';
import type { AcknowledgementPacket } from '../packet/Packet.js';
import { publishSize } from '../packet/writePublishHeader.js';
import type { Outgoing } from './Outgoing.js';
import { LIMITS_OF_311, type ServerLimits } from './ServerLimits.js';

const PACKET_IDENTIFIER_NOT_FOUND = 0x92;
/** Bytes that the transport may hold unsent: from here on no further message is written … */
const FULL_FROM = 16_777_216;
/** … until it holds no more than this. */
const OPEN_BELOW = 8_388_608;

/**
 * What a connection takes: flow control, once. Each writer of messages asks it, for first sends and for repetitions after
 * a reconnect alike. Acknowledgements, subscriptions and pings do not.
 *
 * It counts by itself what is written and hears afterwards what of that the transport still holds, so that nobody asks the
 * socket in the middle of a step.
 */
export class Window {
  // for the connection
  /** Whether there is a connection. */
  isUp = false;
  /** Bytes that the transport holds unsent, as it last said, and those written since. */
  private unsent = 0;
  private isFull = false;
  /** What the server takes. */
  limits = LIMITS_OF_311;
  /** How many QoS 1 and 2 messages may be unacknowledged, on this connection or the last one. */
  messages: number;

  /** @param maxInflight how many QoS 1 and 2 messages may be unacknowledged, 1 to 65,535 */
  constructor(private readonly maxInflight: number) {
    this.messages = maxInflight;
  }

  /** A connection is there. @param limits what its server takes */
  open(limits: ServerLimits = LIMITS_OF_311): void {
    this.isUp = true;
    this.limits = limits;
    this.messages = Math.min(this.maxInflight, limits.receiveMaximum); // [MQTT5-3.3.4-7]
  }

  /** The version that is spoken. */
  get protocolVersion(): ServerLimits['protocolVersion'] {
    return this.limits.protocolVersion;
  }

  /** The connection is gone. */
  close(): void {
    this.isUp = this.isFull = false;
    this.unsent = 0;
  }

  /** Whether the transport holds so much that nothing more is written before it drains. */
  get awaitsDrain(): boolean {
    return this.isFull;
  }

  /** Whether one more message may be written. @param inFlight QoS 1 and 2 messages of this connection that are unacknowledged */
  admits(inFlight: number): boolean {
    return this.isUp && !this.isFull && inFlight < this.messages;
  }

  /** Why this connection's server cannot take a message at all; `undefined` if it can. */
  refuses(outgoing: Outgoing): MqttError | undefined {
    const { limits } = this;
    const { qos, retain, properties, arePropertiesImplied } = outgoing;
    if (limits.protocolVersion === 4) {
      if (!properties || arePropertiesImplied) return undefined;
      return new NotSupportedError('properties of a message need MQTT 5, and the server speaks 3.1.1');
    }
    if (qos > limits.maximumQoS) {
      return new NotSupportedError(`the server takes QoS ${limits.maximumQoS} at most, and the message has ${qos}`); // [MQTT5-3.2.2-11]
    }
    if (retain && !limits.retainAvailable) {
      return new NotSupportedError('the server keeps no retained messages'); // [MQTT5-3.2.2-14]
    }
    const { maximumPacketSize } = limits; // [MQTT5-3.2.2-15]
    const size = sizeAbove(outgoing, maximumPacketSize);
    return size === undefined ? undefined : new PacketTooLargeError(size, maximumPacketSize);
  }

  /**
   * An answer to a step of an exchange. MQTT 5 says with it when the exchange is unknown (MQTT5 section 4.3.3).
   * @param isKnown whether there is such an exchange
   */
  answer(type: AcknowledgementPacket['type'], packetId: number, isKnown: boolean): AcknowledgementPacket {
    const isFound = isKnown || this.limits.protocolVersion === 4;
    return isFound ? { type, packetId } : { type, packetId, reasonCode: PACKET_IDENTIFIER_NOT_FOUND };
  }

  /** A message was written. @param bytes its size, roughly */
  wrote(bytes: number): void {
    this.unsent += bytes;
    if (this.unsent >= FULL_FROM) this.isFull = true;
  }

  /** The transport says how many bytes it holds. */
  holds(unsent: number): void {
    this.unsent = unsent;
    this.isFull = unsent >= (this.isFull ? OPEN_BELOW : FULL_FROM);
  }
}

/** The most bytes that a character of a topic name takes. */
const CHARACTER = 3;
/** Fixed header, lengths, packet identifier and message expiry interval take less than this. */
const BESIDE = 32;

/** The bytes of a PUBLISH, if these are more than `limit`. Most messages need not be measured. */
function sizeAbove(outgoing: Outgoing, limit: number): number | undefined {
  const { type, topic, payload, qos, retain, dup, packetId, lifetime } = outgoing;
  let { properties } = outgoing;
  if (!properties && payload.length + CHARACTER * topic.length + BESIDE <= limit) return undefined;
  if (lifetime) properties = { ...properties, messageExpiryInterval: 1 }; // whatever is left: it has four bytes
  const size = publishSize({ type, topic, payload, qos, retain, dup, packetId, properties }, 5);
  return size > limit ? size : undefined;
}
