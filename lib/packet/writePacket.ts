import type { ByteWriter } from './ByteWriter.js';
import type { Packet, PacketType, ProtocolVersion, PublishPacket } from './Packet.js';
import { beginPacket, finishPacket } from './fixedHeader.js';
import { PACKET_KINDS, type PacketOf } from './packetKinds.js';
import { guessLength, publishFirst, writePublish } from './publish.js';

/**
 * Appends the bytes of `packet` to `writer`. If it throws, nothing of the packet stays in the writer.
 *
 * Nothing is ignored in silence: a packet of MQTT 5 is written as MQTT 3.1.1 only if that says the same, see `Packet`.
 *
 * @throws {ProtocolError} a field that this version forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function writePacket(writer: ByteWriter, packet: Packet, version: ProtocolVersion = 4): void {
  if (packet.type === 'publish') writeWithFlags(writer, packet, version);
  else writeWithoutFlags(writer, packet.type, packet, version);
}

/** Writes PUBLISH: its flags vary, and its length can be guessed. */
function writeWithFlags(writer: ByteWriter, packet: PublishPacket, version: ProtocolVersion): void {
  beginPacket(writer, guessLength(packet, version));
  writePublish(writer, packet, version);
  finishPacket(writer, publishFirst(packet));
}

/** Writes a packet whose first byte is always the same. Most of them are short. */
function writeWithoutFlags<T extends PacketType>(
  writer: ByteWriter,
  type: T,
  packet: PacketOf<T>,
  version: ProtocolVersion,
): void {
  const { first, write } = PACKET_KINDS[type];
  beginPacket(writer, 2);
  write(writer, packet, version);
  finishPacket(writer, first);
}
