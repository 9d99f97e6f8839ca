import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import type { DisconnectPacket, ProtocolVersion } from './Packet.js';
import { readLastProperties, readReason, writeReason } from './reason.js';

/**
 * Reads DISCONNECT.
 *
 * Layout: 0xe0 · remaining length · MQTT 5: reason code (1 byte, may be left out if it is 0 and there are no properties) ·
 * properties (may be left out if there are none). In MQTT 3.1.1 the remaining length is 0.
 *
 * @throws {ProtocolError} reason code [MQTT5-3.14.2-1], properties
 */
export function readDisconnect(reader: ByteReader, _first: number, version: ProtocolVersion): DisconnectPacket {
  const type = 'disconnect';
  if (version === 4) return { type };
  return { type, reasonCode: readReason(reader, type), properties: readLastProperties(reader, type) };
}

/**
 * Writes DISCONNECT, in the shortest form.
 *
 * @throws {ProtocolError} what `readDisconnect` would refuse, and what MQTT 3.1.1 cannot say
 */
export function writeDisconnect(writer: ByteWriter, packet: DisconnectPacket, version: ProtocolVersion): void {
  writeReason(writer, packet, version);
}
