import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, oneOf } from './check.js';
import type { ProtocolVersion, SubackPacket } from './Packet.js';
import { readProperties, withProperties, writeProperties } from './properties.js';
import { checkedReason } from './reasonCodes.js';

/** SUBACK has the identifier of the SUBSCRIBE. */
const PACKET_ID = '2.3.1-7';

/**
 * Reads SUBACK.
 *
 * Layout: 0x90 · remaining length · packet identifier (2 bytes) · MQTT 5: properties · a return code, in MQTT 5 reason code,
 * (1 byte) for each filter, in order.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no return code [MQTT-3.9.3-1], a reserved one [MQTT-3.9.3-2]
 *   [MQTT5-3.9.3-2], properties
 */
export function readSuback(reader: ByteReader, _first: number, version: ProtocolVersion): SubackPacket {
  const packetId = reader.packetId(PACKET_ID);
  const properties = readProperties(reader, 'suback', version);
  const reasonCodes: number[] = [];
  while (reader.hasMore) reasonCodes.push(checkedCode(reader.byte('return code'), version));
  checkCount(reasonCodes);
  return withProperties<SubackPacket>({ type: 'suback', packetId, reasonCodes }, properties, version);
}

/**
 * Writes SUBACK.
 *
 * @throws {ProtocolError} what `readSuback` would refuse, and what MQTT 3.1.1 cannot say
 */
export function writeSuback(writer: ByteWriter, packet: SubackPacket, version: ProtocolVersion): void {
  const { packetId, reasonCodes, properties } = packet;
  writer.packetId(packetId, PACKET_ID);
  writeProperties(writer, properties, 'suback', version);
  checkCount(reasonCodes);
  for (const code of reasonCodes) writer.byte(checkedCode(code, version));
}

function checkedCode(code: number, version: ProtocolVersion): number {
  return version === 5 ? checkedReason(code, 'suback') : oneOf([0, 1, 2, 0x80], 'return code', code, '3.9.3-2');
}

function checkCount(reasonCodes: readonly number[]): void {
  check(reasonCodes.length, 'return codes', '1 or more', 0, '3.9.3-1');
}
