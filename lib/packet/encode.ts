import { ByteWriter } from './ByteWriter.js';
import type { Packet } from './Packet.js';
import { guessLength } from './publish.js';
import { writePacket } from './writePacket.js';

/** Packets up to this size are copied out of the slab, see docs/performance.md. */
const TINY = 64;
/** The largest fixed header. */
const LARGEST_HEADER = 5;

/**
 * The bytes of one packet, in memory of their own.
 *
 * To encode many packets, a `ByteWriter` and `writePacket` are cheaper.
 *
 * @throws {ProtocolError} a field that MQTT 3.1.1 forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function encode(packet: Packet): Uint8Array {
  // The slab of a PUBLISH fits, unless its topic name is not ASCII.
  const writer = new ByteWriter(packet.type === 'publish' ? LARGEST_HEADER + guessLength(packet) : TINY);
  writePacket(writer, packet);
  const { bytes, length } = writer;
  return length > TINY && length * 2 > bytes.length ? writer.take() : bytes.slice(0, length);
}
