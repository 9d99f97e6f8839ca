import { oneOf } from './check.js';
import type { Fields } from './Fields.js';
import type { SubackPacket } from './Packet.js';

const CODES = [0, 1, 2, 0x80] as const;

/**
 * SUBACK.
 *
 * Layout: 0x90 · remaining length · packet identifier (2 bytes) · a return code (1 byte) for each filter, in order.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no return code at all [MQTT-3.9.3-1], a reserved one [MQTT-3.9.3-2]
 */
export function suback(fields: Fields, given: Partial<SubackPacket>): SubackPacket {
  const packetId = fields.packetId(given.packetId, 7);
  const code = (given?: number) => oneOf(CODES, 'return code', fields.byte('return code', given), '3.9.3-2');
  return { type: 'suback', packetId, reasonCodes: fields.each('return codes', given.reasonCodes, code, '3.9.3-1') };
}
