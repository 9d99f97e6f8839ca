import { ProtocolError } from '../errors.js';
import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { FIRST_BYTE, writeFixedHeader } from './fixedHeader.js';
import type { QoS, SubackPacket } from './Packet.js';
import { checkPacketId } from './packetId.js';

/**
 * Writes SUBACK.
 *
 * Layout: 0x90 · remaining length · packet identifier (2 bytes) · a return code (1 byte) for each filter, in order.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no return code at all [MQTT-3.9.3-1], a reserved one [MQTT-3.9.3-2]
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function writeSuback(writer: ByteWriter, packet: SubackPacket): void {
  const { packetId, reasonCodes } = packet;
  checkPacketId(packetId, 'MQTT-2.3.1-7');
  if (reasonCodes.length === 0) {
    throw new ProtocolError('return codes of suback: at least one expected, none came', 'MQTT-3.9.3-1');
  }
  for (const code of reasonCodes) checkReasonCode(code);
  writeFixedHeader(writer, FIRST_BYTE.suback, 2 + reasonCodes.length);
  writer.writeUint16(packetId);
  for (const code of reasonCodes) writer.writeByte(code);
}

/**
 * Reads SUBACK. That there is at least one return code, the fixed header has shown.
 *
 * @throws {ProtocolError} packet identifier 0 [MQTT-2.3.1-7], a return code other than 0, 1, 2 and 0x80 [MQTT-3.9.3-2]
 */
export function readSuback(reader: ByteReader): SubackPacket {
  const packetId = reader.readPacketId('MQTT-2.3.1-7');
  const reasonCodes: (QoS | 0x80)[] = [];
  while (reader.offset < reader.end) reasonCodes.push(checkReasonCode(reader.readByte('return code')));
  return { type: 'suback', packetId, reasonCodes };
}

function checkReasonCode(code: number): QoS | 0x80 {
  if (code !== 0 && code !== 1 && code !== 2 && code !== 0x80) {
    throw new ProtocolError(`return code of suback: 0, 1, 2 or 128 expected, ${code} came`, 'MQTT-3.9.3-2');
  }
  return code;
}
