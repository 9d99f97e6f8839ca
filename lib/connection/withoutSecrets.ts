import type { AuthPacket, ConnackPacket, ConnectPacket, Packet } from '../packet/Packet.js';

/**
 * A packet as events may show it: a password and authentication data, of either side, are left out. A PUBLISH is a copy of
 * the standard's fields.
 */
export function withoutSecrets(packet: Packet): Packet {
  switch (packet.type) {
    case 'connect':
      return { ...packet, password: undefined, ...withoutData(packet) };
    case 'connack':
    case 'auth':
      return { ...packet, ...withoutData(packet) };
    case 'publish': {
      const { type, topic, payload, qos, retain, dup, packetId, properties } = packet;
      const plain = { type, topic, payload, qos, retain, dup, packetId };
      return properties ? { ...plain, properties } : plain;
    }
    default:
      return packet;
  }
}

function withoutData({ properties }: ConnectPacket | ConnackPacket | AuthPacket) {
  return properties ? { properties: { ...properties, authenticationData: undefined } } : {};
}
