import type { AuthPacket, ConnackPacket, ConnectPacket, Packet } from '../packet/Packet.js';

/** A packet as events may show it: without a password and authentication data. */
export function shownPacket(packet: Packet): Packet {
  switch (packet.type) {
    case 'connect':
      return { ...packet, password: undefined, ...withoutData(packet) };
    case 'connack':
    case 'auth':
      return { ...packet, ...withoutData(packet) };
    default:
      return packet;
  }
}

/** The same of a packet that is sent: of a message on its way a copy of the standard's fields. */
export function shownSent(packet: Packet): Packet {
  if (packet.type !== 'publish') return shownPacket(packet);
  const { type, topic, payload, qos, retain, dup, packetId, properties } = packet;
  const plain = { type, topic, payload, qos, retain, dup, packetId };
  return properties ? { ...plain, properties } : plain;
}

function withoutData({ properties }: ConnectPacket | ConnackPacket | AuthPacket) {
  return properties ? { properties: { ...properties, authenticationData: undefined } } : {};
}
