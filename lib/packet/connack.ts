import { ProtocolError } from '../errors.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, writeFixedHeader } from './fixedHeader.js';
import type { ConnackPacket } from './Packet.js';

/**
 * Writes CONNACK.
 *
 * Layout: 0x20 · 2 · session present (0 or 1) · return code (0 to 5).
 *
 * @throws {ProtocolError} reserved return code, session present with a refusal [MQTT-3.2.2-4]
 */
export function writeConnack(writer: ByteWriter, packet: ConnackPacket): void {
  const { sessionPresent } = packet;
  const reasonCode = checkReasonCode(packet.reasonCode, sessionPresent);
  writeFixedHeader(writer, FIRST_BYTE.connack, 2);
  writer.writeByte(sessionPresent ? 1 : 0);
  writer.writeByte(reasonCode);
}

/**
 * Reads CONNACK.
 *
 * @throws {ProtocolError} reserved flags, reserved return code, session present with a refusal [MQTT-3.2.2-4]
 */
export function readConnack(reader: ByteReader): ConnackPacket {
  const flags = reader.readByte('acknowledge flags');
  if (flags > 1) throw new ProtocolError(`acknowledge flags: 0 or 1 expected, ${flags} came`, 'MQTT-3.2.2.1');
  const sessionPresent = flags === 1;
  const reasonCode = checkReasonCode(reader.readByte('return code'), sessionPresent);
  return { type: 'connack', sessionPresent, reasonCode };
}

function checkReasonCode(code: number, sessionPresent: boolean): ConnackPacket['reasonCode'] {
  if (!Number.isInteger(code) || code < 0 || code > 5) {
    throw new ProtocolError(`return code of connack: 0 to 5 expected, ${code} came`, 'MQTT-3.2.2.3');
  }
  if (sessionPresent && code !== 0) {
    throw new ProtocolError(`session present: 0 expected with return code ${code}, 1 came`, 'MQTT-3.2.2-4');
  }
  return code as ConnackPacket['reasonCode'];
}
