import { encode } from '../../lib/packet/encode.js';
import type { Packet, ProtocolVersion, QoS } from '../../lib/packet/Packet.js';

/** Return codes of MQTT 3.1.1 in CONNACK as reason codes of MQTT 5. */
const REASONS: Readonly<Record<number, number>> = { 1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87 };

/**
 * What a packet of either version is on a connection of `version`, as well as that can be said there: of MQTT 5 without
 * what 3.1.1 does not know, of 3.1.1 with what MQTT 5 demands. What cannot be said at all is in the other version's bytes.
 */
export function spoken(packet: Packet, version: ProtocolVersion): Uint8Array {
  const one = version === 4 ? in4(packet) : in5(packet);
  try {
    return encode(one, { protocolVersion: version });
  } catch {
    return encode(one, { protocolVersion: version === 4 ? 5 : 4 });
  }
}

function in4(packet: Packet): Packet {
  switch (packet.type) {
    case 'publish':
      return { ...packet, topic: packet.topic || 'a', properties: undefined };
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
    case 'unsuback':
      return { type: packet.type, packetId: packet.packetId };
    case 'suback': {
      const { type, packetId, reasonCodes } = packet;
      return { type, packetId, reasonCodes: reasonCodes.map((code) => (code > 2 ? 0x80 : (code as QoS))) };
    }
    case 'connack':
      return { ...packet, reasonCode: packet.reasonCode < 0x80 ? packet.reasonCode : 5, properties: undefined };
    case 'disconnect':
      return { type: 'disconnect' };
    default:
      return packet;
  }
}

function in5(packet: Packet): Packet {
  if (packet.type === 'unsuback') return { ...packet, reasonCodes: packet.reasonCodes ?? [0] };
  if (packet.type === 'connack') return { ...packet, reasonCode: REASONS[packet.reasonCode] ?? packet.reasonCode };
  return packet;
}
