import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check, oneOf } from './check.js';
import type { SubackPacket } from './Packet.js';

type ReasonCode = SubackPacket['reasonCodes'][number];

/** SUBACK has the identifier of the SUBSCRIBE. */
const PACKET_ID = '2.3.1-7';

/**
 * Reads SUBACK.
 *
 * Layout: 0x90 · remaining length · packet identifier (2 bytes) · a return code (1 byte) for each filter, in order.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no return code [MQTT-3.9.3-1], a reserved one [MQTT-3.9.3-2]
 */
export function readSuback(reader: ByteReader): SubackPacket {
  const packetId = reader.packetId(PACKET_ID);
  const reasonCodes: ReasonCode[] = [];
  while (reader.hasMore) reasonCodes.push(checkedCode(reader.byte('return code')));
  checkCount(reasonCodes);
  return { type: 'suback', packetId, reasonCodes };
}

/**
 * Writes SUBACK.
 *
 * @throws {ProtocolError} packet identifier [MQTT-2.3.1-7], no return code [MQTT-3.9.3-1], a reserved one [MQTT-3.9.3-2]
 */
export function writeSuback(writer: ByteWriter, { packetId, reasonCodes }: SubackPacket): void {
  writer.packetId(packetId, PACKET_ID);
  checkCount(reasonCodes);
  for (const code of reasonCodes) writer.byte(checkedCode(code));
}

function checkedCode(code: number): ReasonCode {
  return oneOf<ReasonCode>([0, 1, 2, 0x80], 'return code', code, '3.9.3-2');
}

function checkCount(reasonCodes: readonly ReasonCode[]): void {
  check(reasonCodes.length, 'return codes', '1 or more', 0, '3.9.3-1');
}
