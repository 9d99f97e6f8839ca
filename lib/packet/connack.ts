import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { oneOf } from './check.js';
import type { ConnackPacket } from './Packet.js';

const CODES = [0, 1, 2, 3, 4, 5] as const;

/**
 * Reads CONNACK.
 *
 * Layout: 0x20 · 2 · session present (0 or 1) · return code (0 to 5).
 *
 * @throws {ProtocolError} reserved flags, reserved return code, session present with a refusal [MQTT-3.2.2-4]
 */
export function readConnack(reader: ByteReader): ConnackPacket {
  const flags = oneOf([0, 1], 'acknowledge flags', reader.byte('acknowledge flags'), '3.2.2.1');
  const sessionPresent = flags === 1;
  return { type: 'connack', sessionPresent, reasonCode: checkedCode(reader.byte('return code'), sessionPresent) };
}

/**
 * Writes CONNACK.
 *
 * @throws {ProtocolError} reserved return code, session present with a refusal [MQTT-3.2.2-4]
 */
export function writeConnack(writer: ByteWriter, { sessionPresent, reasonCode }: ConnackPacket): void {
  writer.byte(sessionPresent ? 1 : 0);
  writer.byte(checkedCode(reasonCode, sessionPresent));
}

function checkedCode(code: number, sessionPresent: boolean): ConnackPacket['reasonCode'] {
  const reasonCode = oneOf(CODES, 'return code', code, '3.2.2.3');
  if (sessionPresent) oneOf([0], 'return code with session present', reasonCode, '3.2.2-4');
  return reasonCode;
}
