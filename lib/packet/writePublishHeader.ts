import { ByteWriter } from './ByteWriter.js';
import type { ProtocolVersion, PublishPacket } from './Packet.js';
import { beginPacket, finishPacket } from './fixedHeader.js';
import { guessLength, publishFirst, writePublishFields } from './publish.js';

/**
 * Appends a PUBLISH without its payload to `writer`. The remaining length counts the payload all the same: the caller
 * sends `packet.payload` right after, without a copy. Throws what `writePacket` throws.
 */
export function writePublishHeader(writer: ByteWriter, packet: PublishPacket, version: ProtocolVersion = 4): void {
  beginPacket(writer, guessLength(packet, version));
  writePublishFields(writer, packet, version);
  finishPacket(writer, publishFirst(packet), packet.payload.length);
}

/** How many bytes a PUBLISH takes. Throws what `writePacket` throws. */
export function publishSize(packet: PublishPacket, version: ProtocolVersion): number {
  const writer = new ByteWriter();
  const { type, topic, payload, qos, retain, dup, properties } = packet;
  const packetId = packet.packetId || Math.min(qos, 1); // it need not be known
  writePublishHeader(writer, { type, topic, payload, qos, retain, dup, packetId, properties }, version);
  return writer.length + payload.length;
}
