import { ByteWriter } from './ByteWriter.js';
import type { Packet } from './Packet.js';
import { writePacket } from './writePacket.js';

/**
 * The bytes of one packet, in memory of their own.
 *
 * Many packets at once are cheaper with a `ByteWriter` and `writePacket`.
 *
 * @throws {ProtocolError} a field that MQTT 3.1.1 forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} more than 268,435,455 bytes behind the fixed header
 */
export function encode(packet: Packet): Uint8Array {
  // A PUBLISH has a slab that fits it, unless its topic is not ASCII: to make memory is what costs here.
  const writer = new ByteWriter(packet.type === 'publish' ? 9 + packet.topic.length + packet.payload.length : 64);
  writePacket(writer, packet);
  const { bytes, length } = writer;
  return length > 64 && length * 2 > bytes.length ? writer.take() : bytes.slice(0, length);
}
