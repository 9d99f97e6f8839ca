import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, writeFixedHeader } from './fixedHeader.js';
import type { EmptyPacket } from './Packet.js';

/** Writes PINGREQ, PINGRESP or DISCONNECT. Layout: first byte · 0. */
export function writeEmpty(writer: ByteWriter, packet: EmptyPacket): void {
  writeFixedHeader(writer, FIRST_BYTE[packet.type], 0);
}

/** Reads PINGREQ [MQTT-3.12]; its fixed header was checked, and there is nothing else. */
export function readPingreq(): EmptyPacket {
  return { type: 'pingreq' };
}

/** Reads PINGRESP [MQTT-3.13]. */
export function readPingresp(): EmptyPacket {
  return { type: 'pingresp' };
}

/** Reads DISCONNECT [MQTT-3.14]. */
export function readDisconnect(): EmptyPacket {
  return { type: 'disconnect' };
}
