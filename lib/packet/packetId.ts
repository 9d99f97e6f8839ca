import { ProtocolError } from '../errors.js';

/**
 * Refuses a packet identifier other than 1 to 65,535 [MQTT-2.3.1-1].
 *
 * @param clause the statement that wants one in the packet at hand
 * @throws {ProtocolError}
 */
export function checkPacketId(packetId: number, clause: string): void {
  if ((packetId & 0xffff) !== packetId || packetId === 0) {
    throw new ProtocolError(`packet identifier: 1 to 65535 expected, ${packetId} came`, clause);
  }
}
