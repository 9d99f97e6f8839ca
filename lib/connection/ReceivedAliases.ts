import { ProtocolError } from '../errors.js';
import type { PublishPacket } from '../packet/Packet.js';

const TOPIC_ALIAS_INVALID = 0x94;

/** The topic aliases that the server has set on a connection (MQTT5 section 3.3.2.3.4). */
export class ReceivedAliases {
  private readonly topics = new Map<number, string>();

  /** @param maximum the largest alias that the server was allowed */
  constructor(private readonly maximum: number) {}

  /**
   * A PUBLISH with the topic name that its alias stands for, and without the alias, which means nothing to others. An alias
   * with a topic name sets it.
   *
   * @throws {ProtocolError} an alias above the maximum [MQTT5-3.1.2-26], or one that was never set
   */
  resolve(packet: PublishPacket): PublishPacket {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return packet;
    if (alias > this.maximum) {
      throw invalid(`expected a topic alias of ${this.maximum} at most, got ${alias}`, 'MQTT5-3.1.2-26');
    }
    if (packet.topic !== '') this.topics.set(alias, packet.topic);
    const topic = this.topics.get(alias);
    if (topic === undefined) {
      throw invalid(`expected a topic alias that was set before, got ${alias}`, 'MQTT5 section 3.3.2.3.4');
    }
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    const { topicAlias, ...properties } = packet.properties!;
    return { ...packet, topic, properties };
  }
}

function invalid(what: string, clause: string): ProtocolError {
  return new ProtocolError(what, clause, { reasonCode: TOPIC_ALIAS_INVALID });
}
