import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, oneOf } from './check.js';
import type { ConnackPacket, ProtocolVersion } from './Packet.js';
import { readProperties, withProperties, writeProperties } from './properties.js';
import { checkedReason } from './reasonCodes.js';

/**
 * Reads CONNACK.
 *
 * Layout: 0x20 · remaining length · session present (0 or 1) · return code (0 to 5), in MQTT 5 reason code (1 byte) ·
 * MQTT 5: properties.
 *
 * @throws {ProtocolError} reserved flags, reserved return code or reason code [MQTT5-3.2.2-8], session present with a
 *   refusal [MQTT-3.2.2-4] [MQTT5-3.2.2-6], properties
 */
export function readConnack(reader: ByteReader, _first: number, version: ProtocolVersion): ConnackPacket {
  const flags = oneOf([0, 1], 'acknowledge flags', reader.byte('acknowledge flags'), '3.2.2.1');
  const sessionPresent = flags === 1;
  const reasonCode = checkedCode(reader.byte('return code'), sessionPresent, version);
  const properties = readProperties(reader, 'connack', version);
  return withProperties<ConnackPacket>({ type: 'connack', sessionPresent, reasonCode }, properties, version);
}

/**
 * Writes CONNACK.
 *
 * @throws {ProtocolError} what `readConnack` would refuse, and what MQTT 3.1.1 cannot say
 */
export function writeConnack(writer: ByteWriter, packet: ConnackPacket, version: ProtocolVersion): void {
  const { sessionPresent, reasonCode, properties } = packet;
  writer.byte(sessionPresent ? 1 : 0);
  writer.byte(checkedCode(reasonCode, sessionPresent, version));
  writeProperties(writer, properties, 'connack', version);
}

function checkedCode(code: number, sessionPresent: boolean, version: ProtocolVersion): number {
  checkedReason(code, 'connack', version);
  const clause = version === 5 ? 'MQTT5-3.2.2-6' : '3.2.2-4';
  if (sessionPresent) oneOf([0], 'return code with session present', code, clause, PROTOCOL_ERROR);
  return code;
}
