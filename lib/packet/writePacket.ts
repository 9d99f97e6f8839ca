import type { ByteWriter } from './ByteWriter.js';
import { acknowledgement, statementOf } from './acknowledgement.js';
import type { AcknowledgementPacket, Packet } from './Packet.js';
import { KIND_OF } from './packetKinds.js';
import { writePublish } from './publish.js';

/**
 * Appends the bytes of `packet` to `writer`. If it throws, nothing of the packet stays in the writer.
 *
 * @throws {ProtocolError} a field that MQTT 3.1.1 forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} more than 268,435,455 bytes behind the fixed header
 */
export function writePacket(writer: ByteWriter, packet: Packet): void {
  if (packet.type === 'publish') return writePublish(writer, packet);
  const { first, fields, type } = KIND_OF[packet.type];
  writer.begin(2);
  // Without making an object, for this happens for every message.
  if (fields === (acknowledgement as unknown))
    writer.packetId((packet as AcknowledgementPacket).packetId, statementOf(first));
  else fields(writer, packet, first, type);
  writer.finish(first);
}
