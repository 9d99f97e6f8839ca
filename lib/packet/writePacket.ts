import { writeAcknowledgement } from './acknowledgement.js';
import type { ByteWriter } from './ByteWriter.js';
import { writeConnack } from './connack.js';
import { writeConnect } from './connect.js';
import { writeEmpty } from './empty.js';
import type { Packet, PacketType } from './Packet.js';
import { writePublish } from './publish.js';
import { writeSuback } from './suback.js';
import { writeSubscribe } from './subscribe.js';
import { writeUnsubscribe } from './unsubscribe.js';

const WRITERS: Readonly<Record<PacketType, (writer: ByteWriter, packet: never) => void>> = {
  connect: writeConnect,
  connack: writeConnack,
  publish: writePublish,
  puback: writeAcknowledgement,
  pubrec: writeAcknowledgement,
  pubrel: writeAcknowledgement,
  pubcomp: writeAcknowledgement,
  subscribe: writeSubscribe,
  suback: writeSuback,
  unsubscribe: writeUnsubscribe,
  unsuback: writeAcknowledgement,
  pingreq: writeEmpty,
  pingresp: writeEmpty,
  disconnect: writeEmpty,
};

/**
 * Appends the bytes of `packet` to `writer`. If it throws, nothing of the packet stays in the writer: each packet is
 * checked and measured as a whole before its first byte counts as written.
 *
 * @throws {ProtocolError} a field that MQTT 3.1.1 forbids; the message says which, what was expected, what came
 * @throws {InvalidTopicError} a topic name or filter
 * @throws {PacketTooLargeError} more than 268,435,455 bytes behind the fixed header
 */
export function writePacket(writer: ByteWriter, packet: Packet): void {
  if (packet.type === 'publish') writePublish(writer, packet);
  else (WRITERS[packet.type] as (writer: ByteWriter, packet: Packet) => void)(writer, packet);
}
