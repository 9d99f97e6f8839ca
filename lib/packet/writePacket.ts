import type { ByteWriter } from './ByteWriter.js';
import type { Packet, PacketType, PublishPacket } from './Packet.js';
import { beginPacket, finishPacket } from './fixedHeader.js';
import { PACKET_KINDS, type PacketOf } from './packetKinds.js';
import { guessLength, publishFirst, writePublish } from './publish.js';

/**
 * Appends the bytes of `packet` to `writer`. If it throws, nothing of the packet stays in the writer.
 *
 * @throws {ProtocolError} a field that MQTT 3.1.1 forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} remaining length over 268,435,455
 */
export function writePacket(writer: ByteWriter, packet: Packet): void {
  if (packet.type === 'publish') writeWithFlags(writer, packet);
  else writeWithoutFlags(writer, packet.type, packet);
}

/** Writes PUBLISH: its flags vary, and its length can be guessed. */
function writeWithFlags(writer: ByteWriter, packet: PublishPacket): void {
  beginPacket(writer, guessLength(packet));
  writePublish(writer, packet);
  finishPacket(writer, publishFirst(packet));
}

/** Writes a packet whose first byte is always the same. Most of them are short. */
function writeWithoutFlags<T extends PacketType>(writer: ByteWriter, type: T, packet: PacketOf<T>): void {
  const { first, write } = PACKET_KINDS[type];
  beginPacket(writer, 2);
  write(writer, packet);
  finishPacket(writer, first);
}
