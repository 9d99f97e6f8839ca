import type { DecodedVersion, Packet } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';

/** Bytes from hexadecimal digits and 'text in quotes': `bytes("30 03 0001 'a'")`. */
export function bytes(notation: string): Uint8Array {
  const parts = notation.match(/'[^']*'|[0-9a-f]{2}/gi) ?? [];
  return new Uint8Array(
    parts.flatMap((part) => (part.startsWith("'") ? [...Buffer.from(part.slice(1, -1))] : [parseInt(part, 16)])),
  );
}

/** All packets in `chunks`. */
export function decodeAll(...chunks: Uint8Array[]): Packet[] {
  return decodeAllAs(4, ...chunks);
}

/** All packets in `chunks`, which are of this version. */
export function decodeAllAs(version: DecodedVersion, ...chunks: Uint8Array[]): Packet[] {
  const decoder = new PacketDecoder(undefined, version);
  const packets: Packet[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
  }
  return packets;
}

/** What `act` throws. */
export function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
