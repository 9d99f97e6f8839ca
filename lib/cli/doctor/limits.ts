import type { ConnectionProperties } from '../../index.js';
import { bytes, number } from '../figures.js';

/** As much as a packet can have at all. */
const ANY_SIZE = 268_435_456;

/** What an MQTT 5 broker says about itself in CONNACK, in words. */
export function limitsOf(said: ConnectionProperties): readonly (readonly [name: string, text: string])[] {
  const yes = (has: boolean) => (has ? 'yes' : 'no');
  const { maximumPacketSize, serverKeepAlive, assignedClientIdentifier, reasonString, userProperties } = said;
  return [
    ['highest QoS', String(said.maximumQoS)],
    ['unacknowledged at a time', number(said.receiveMaximum)],
    ['largest packet', maximumPacketSize >= ANY_SIZE ? 'any' : bytes(maximumPacketSize)],
    ['topic aliases', number(said.topicAliasMaximum)],
    ['retained messages', yes(said.retainAvailable)],
    ['wildcards', yes(said.wildcardSubscriptionAvailable)],
    ['shared subscriptions', yes(said.sharedSubscriptionAvailable)],
    ['subscription identifiers', yes(said.subscriptionIdentifiersAvailable)],
    ...(serverKeepAlive === undefined ? [] : [['keep-alive', `${serverKeepAlive} s, decided by the broker`] as const]),
    ...(assignedClientIdentifier === undefined ? [] : [['client identifier', assignedClientIdentifier] as const]),
    ...(reasonString === undefined ? [] : [['the broker says', reasonString] as const]),
    ...userProperties.map(([name, value]) => [name, value] as const),
  ];
}
