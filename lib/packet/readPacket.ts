import { readPuback, readPubcomp, readPubrec, readPubrel, readUnsuback } from './acknowledgement.js';
import type { ByteReader } from './ByteReader.js';
import { ProtocolError } from '../errors.js';
import { readConnack } from './connack.js';
import { readConnect } from './connect.js';
import { readDisconnect, readPingreq, readPingresp } from './empty.js';
import { checkFixedHeader, headerLength } from './fixedHeader.js';
import type { Packet } from './Packet.js';
import { readPublish } from './publish.js';
import { readSuback } from './suback.js';
import { readSubscribe } from './subscribe.js';
import { readUnsubscribe } from './unsubscribe.js';

type Read = (reader: ByteReader, flags: number) => Packet;

/** By the type's number; 0 and 15 are reserved [MQTT-2.2.1]. */
const READERS: readonly (Read | undefined)[] = [
  undefined,
  readConnect,
  readConnack,
  readPublish,
  readPuback,
  readPubrec,
  readPubrel,
  readPubcomp,
  readSubscribe,
  readSuback,
  readUnsubscribe,
  readUnsuback,
  readPingreq,
  readPingresp,
  readDisconnect,
];

/**
 * Reads the packet that is `bytes[start, end)`, fixed header included.
 *
 * @param reader a reader to use, so that none is made for each packet
 * @param reused whether `bytes` will be written over, so that nothing of the packet may be a view of it
 * @throws {ProtocolError} anything that MQTT 3.1.1 forbids
 */
export function readPacket(reader: ByteReader, bytes: Uint8Array, start: number, end: number, reused: boolean): Packet {
  const first = bytes[start]!;
  const body = start + headerLength(bytes, start);
  checkFixedHeader(first, end - body);
  reader.reset(bytes, body, end, reused);
  const packet = READERS[first >> 4]!(reader, first & 0x0f);
  if (reader.offset !== end) {
    throw new ProtocolError(`end of ${packet.type} expected, ${end - reader.offset} more bytes came`, 'MQTT-2.2.3');
  }
  return packet;
}
