import type { Fields } from './Fields.js';
import type { EmptyPacket } from './Packet.js';

/** PINGREQ, PINGRESP or DISCONNECT (MQTT sections 3.12 to 3.14). Layout: first byte · 0. */
export function empty(_fields: Fields, _given: object, _first: number, type: EmptyPacket['type']): EmptyPacket {
  return { type };
}
