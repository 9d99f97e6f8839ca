import type { PublishPacket } from '../packet/Packet.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import { publishSize } from '../packet/writePublishHeader.js';
import type { SentAliases } from './SentAliases.js';
import { withProperties } from './publishProperties.js';

/** The most bytes that a topic alias adds to a packet: itself, and a longer length of properties and packet. */
const ALIAS_SIZE = 5;

/**
 * A PUBLISH with the alias of its topic, and without the topic name if the server knows the alias. What is repeated has
 * none: ejabberd 23.01 does not heed that of a QoS 2 message which it has, and hangs up when it is used.
 *
 * @param limit bytes of the largest packet that the server takes
 */
export function aliased(packet: PublishPacket, aliases: SentAliases, limit: number): PublishPacket {
  const { topic, dup } = packet;
  if (dup) return packet;
  const isShorter = topic.length >= ALIAS_SIZE && aliases.has(topic);
  const hasRoom = limit === MAX_PACKET_SIZE || isShorter || publishSize(packet, 5) + ALIAS_SIZE <= limit;
  if (!hasRoom) return packet;
  const { alias: topicAlias, isKnown } = aliases.use(topic);
  return withProperties(packet, { topicAlias }, isKnown ? '' : topic);
}
