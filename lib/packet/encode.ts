import { ByteWriter } from './ByteWriter.js';
import type { Packet, ProtocolVersion } from './Packet.js';
import { guessLength } from './publish.js';
import { writePacket } from './writePacket.js';

/** Packets up to this size are copied out of the slab, see docs/performance.md. */
const TINY = 64;
/** The largest fixed header. */
const LARGEST_HEADER = 5;

/** Options of `encode`. */
export interface EncoderOptions {
  /** 4, the default, is MQTT 3.1.1, 5 is MQTT 5. */
  readonly protocolVersion?: ProtocolVersion | undefined;
}

/**
 * The bytes of one packet, in memory of their own.
 *
 * Nothing is ignored in silence: a packet of MQTT 5 is written as MQTT 3.1.1 only if that says the same, see `Packet`.
 * To encode many packets, a `ByteWriter` and `writePacket` are cheaper.
 *
 * @throws {ProtocolError} a field that the version forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function encode(packet: Packet): Uint8Array;
// Of its own, so that `packets.map(encode)` compiles: the index that it passes is no options, and changes nothing.
// eslint-disable-next-line @typescript-eslint/unified-signatures
export function encode(packet: Packet, options: EncoderOptions | undefined): Uint8Array;
export function encode(packet: Packet, options?: EncoderOptions): Uint8Array {
  const { protocolVersion = 4 } = options ?? {};
  // The slab of a PUBLISH fits, unless its topic name is not ASCII or it has properties.
  const size = packet.type === 'publish' ? LARGEST_HEADER + guessLength(packet, protocolVersion) : TINY;
  const writer = new ByteWriter(size);
  writePacket(writer, packet, protocolVersion);
  const { bytes, length } = writer;
  return length > TINY && length * 2 > bytes.length ? writer.take() : bytes.slice(0, length);
}
