import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { refuseIn4 } from './check.js';
import type { AcknowledgementPacket, AuthPacket, DisconnectPacket, ProtocolVersion } from './Packet.js';
import { readProperties, writeProperties } from './properties.js';
import { checkedReason } from './reasonCodes.js';

/** A packet that ends with a reason code and properties. */
type Reasoned = AcknowledgementPacket | DisconnectPacket | AuthPacket;

/** Reads the reason code at the end of a packet of MQTT 5: 1 byte, or none for 0. */
export function readReason(reader: ByteReader, type: Reasoned['type']): number {
  return reader.hasMore ? checkedReason(reader.byte('reason code'), type, 5) : 0;
}

/** Reads the properties behind it, which may be left out as well. */
export function readLastProperties<T extends Reasoned['type']>(reader: ByteReader, type: T) {
  return reader.hasMore ? readProperties(reader, type, 5) : undefined;
}

/**
 * Writes reason code and properties at the end of a packet of MQTT 5, in the shortest form: no properties if there are
 * none, and no reason code either if it is 0.
 *
 * @throws {ProtocolError} a reason code that the packet may not have; with MQTT 3.1.1, another one than 0; properties
 */
export function writeReason(writer: ByteWriter, packet: Reasoned, version: ProtocolVersion): void {
  const { type, reasonCode = 0, properties } = packet;
  if (version === 4 && reasonCode !== 0) refuseIn4('reasonCode');
  const start = writer.bodyLength;
  if (version === 5) writer.byte(checkedReason(reasonCode, type, version));
  writeProperties(writer, properties, type, version);
  const isWithout = writer.bodyLength === start + 2;
  if (isWithout) writer.cut(reasonCode === 0 ? start : start + 1);
}
