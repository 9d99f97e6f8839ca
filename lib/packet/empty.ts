import type { EmptyPacket } from './Packet.js';

/** Reads PINGREQ, PINGRESP or DISCONNECT (MQTT sections 3.12 to 3.14). Layout: first byte · 0. */
export function readEmpty<T extends EmptyPacket['type']>(type: T): EmptyPacket & { readonly type: T } {
  return { type };
}

/** Writes PINGREQ, PINGRESP or DISCONNECT: nothing follows the fixed header. */
export function writeEmpty(): void {
  // nothing
}
