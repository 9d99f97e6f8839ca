import { oneOf } from './check.js';
import type { Fields } from './Fields.js';
import type { ConnackPacket } from './Packet.js';

const CODES = [0, 1, 2, 3, 4, 5] as const;

/**
 * CONNACK.
 *
 * Layout: 0x20 · 2 · session present (0 or 1) · return code (0 to 5).
 *
 * @throws {ProtocolError} reserved flags, reserved return code, session present with a refusal [MQTT-3.2.2-4]
 */
export function connack(fields: Fields, given: Partial<ConnackPacket>): ConnackPacket {
  const flags = fields.byte('acknowledge flags', given.sessionPresent ? 1 : 0);
  const sessionPresent = oneOf([0, 1], 'acknowledge flags', flags, '3.2.2.1') === 1;
  const reasonCode = oneOf(CODES, 'return code', fields.byte('return code', given.reasonCode), '3.2.2.3');
  if (sessionPresent) oneOf([0], 'return code with session present', reasonCode, '3.2.2-4');
  return { type: 'connack', sessionPresent, reasonCode };
}
