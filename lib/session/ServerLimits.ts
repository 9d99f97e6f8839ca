import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import type { ProtocolVersion, QoS } from '../packet/Packet.js';

/** What a connection's server can do and takes, as its CONNACK says. */
export interface ServerLimits {
  readonly protocolVersion: ProtocolVersion;
  /** How many QoS 1 and 2 messages the server takes unacknowledged: 1 to 65,535. */
  readonly receiveMaximum: number;
  readonly maximumQoS: QoS;
  readonly retainAvailable: boolean;
  /** Bytes of a packet, fixed header included. */
  readonly maximumPacketSize: number;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly subscriptionIdentifiersAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
}

/** What an MQTT 3.1.1 server can do: it has no way to say that it cannot. */
export const LIMITS_OF_311: ServerLimits = {
  protocolVersion: 4,
  receiveMaximum: 65_535,
  maximumQoS: 2,
  retainAvailable: true,
  maximumPacketSize: MAX_PACKET_SIZE,
  wildcardSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: false,
  sharedSubscriptionAvailable: true,
};
