import type { PublishPacket } from '../packet/Packet.js';
import type { PublishProperties } from '../packet/PacketProperties.js';

/** A PUBLISH for MQTT 3.1.1. The session lets no properties come here but those that nobody asked for. */
export function withoutProperties(packet: PublishPacket): PublishPacket {
  if (packet.properties === undefined) return packet;
  const { type, topic, payload, qos, retain, dup, packetId } = packet;
  return { type, topic, payload, qos, retain, dup, packetId };
}

/** A PUBLISH with more properties. @param name its topic name; empty if an alias stands for it */
export function withProperties(packet: PublishPacket, more: PublishProperties, name = packet.topic): PublishPacket {
  const { type, payload, qos, retain, dup, packetId, properties } = packet;
  return { type, topic: name, payload, qos, retain, dup, packetId, properties: { ...properties, ...more } };
}
