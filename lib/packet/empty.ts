import type { EmptyPacket } from './Packet.js';

/** Reads PINGREQ or PINGRESP (MQTT sections 3.12 and 3.13). Layout: first byte · 0. */
export function readEmpty<T extends EmptyPacket['type']>(type: T): EmptyPacket & { readonly type: T } {
  return { type };
}

/** Writes PINGREQ or PINGRESP: nothing follows the fixed header. */
export function writeEmpty(): void {
  // nothing
}
