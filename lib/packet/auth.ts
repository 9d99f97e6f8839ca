import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { PROTOCOL_ERROR, check, refuseIn4 } from './check.js';
import type { AuthPacket, ProtocolVersion } from './Packet.js';
import { readLastProperties, readReason, writeReason } from './reason.js';

/**
 * Reads AUTH, which MQTT 3.1.1 has not.
 *
 * Layout: 0xf0 · remaining length · reason code (1 byte, may be left out if it is 0 and there are no properties) ·
 * properties. The authentication method must be among them; the standard says so, and allows to leave out everything: so
 * it may be missing only where there is nothing but reason code 0.
 *
 * @throws {ProtocolError} reason code [MQTT5-3.15.2-1], no authentication method (MQTT5 section 3.15.2.2.2), properties
 */
export function readAuth(reader: ByteReader): AuthPacket {
  const type = 'auth';
  const packet = { type, reasonCode: readReason(reader, type), properties: readLastProperties(reader, type) } as const;
  checkMethod(packet);
  return packet;
}

/**
 * Writes AUTH, in the shortest form.
 *
 * @throws {ProtocolError} what `readAuth` would refuse; with MQTT 3.1.1 always
 */
export function writeAuth(writer: ByteWriter, packet: AuthPacket, version: ProtocolVersion): void {
  if (version === 4) refuseIn4('packet type auth');
  checkMethod(packet);
  writeReason(writer, packet, version);
}

/** That properties have an authentication method, they see to themselves. */
function checkMethod({ reasonCode, properties }: AuthPacket): void {
  check(properties ?? !reasonCode, 'authentication method', 'one', 'none', 'MQTT5 section 3.15.2.2.2', PROTOCOL_ERROR);
}
