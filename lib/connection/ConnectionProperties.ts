import type { ConnackProperties, UserProperty } from '../packet/PacketProperties.js';
import { LIMITS_OF_311, type ServerLimits } from '../session/ServerLimits.js';

/** What an MQTT 5 server said in CONNACK (MQTT5 section 3.2.2.3). What it left out is as the standard says. */
export interface ConnectionProperties extends Omit<ServerLimits, 'protocolVersion'> {
  /** The client identifier that the server assigned, because the client had none. */
  readonly assignedClientIdentifier: string | undefined;
  /** Seconds that the client may be silent for, in place of `keepAlive`. */
  readonly serverKeepAlive: number | undefined;
  /** Seconds that the session lasts without a connection; `Infinity`: for ever. */
  readonly sessionExpiryInterval: number;
  /** How many topic aliases the server takes. */
  readonly topicAliasMaximum: number;
  /** What response topics may begin with. */
  readonly responseInformation: string | undefined;
  readonly serverReference: string | undefined;
  readonly reasonString: string | undefined;
  readonly userProperties: readonly UserProperty[];
}

/** On the wire this means that a session never ends. */
export const NEVER_EXPIRES = 0xffff_ffff;

/**
 * Fills in the standard's defaults.
 *
 * @param asked the session expiry interval that CONNECT asked for, in seconds
 */
export function connectionProperties(said: ConnackProperties = {}, asked = 0): ConnectionProperties {
  const { sessionExpiryInterval = asked } = said;
  return {
    assignedClientIdentifier: said.assignedClientIdentifier,
    serverKeepAlive: said.serverKeepAlive,
    sessionExpiryInterval: sessionExpiryInterval === NEVER_EXPIRES ? Infinity : sessionExpiryInterval,
    receiveMaximum: said.receiveMaximum ?? LIMITS_OF_311.receiveMaximum,
    maximumQoS: said.maximumQoS ?? LIMITS_OF_311.maximumQoS,
    retainAvailable: said.retainAvailable ?? true,
    maximumPacketSize: said.maximumPacketSize ?? LIMITS_OF_311.maximumPacketSize,
    topicAliasMaximum: said.topicAliasMaximum ?? 0,
    wildcardSubscriptionAvailable: said.wildcardSubscriptionAvailable ?? true,
    subscriptionIdentifiersAvailable: said.subscriptionIdentifiersAvailable ?? true,
    sharedSubscriptionAvailable: said.sharedSubscriptionAvailable ?? true,
    responseInformation: said.responseInformation,
    serverReference: said.serverReference,
    reasonString: said.reasonString,
    userProperties: said.userProperties ?? [],
  };
}
