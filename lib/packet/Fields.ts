import type { TextKind } from '../text.js';

/**
 * The fields of a packet, one after the other. A packet is described once, for both directions: `ByteWriter` writes the
 * values it is given and returns them, `ByteReader` is given nothing and returns what it reads.
 *
 * Each throws a `ProtocolError` that names the `field`, if a value cannot be written or is not there to be read.
 */
export interface Fields {
  /** One byte. */
  byte(field: string, given?: number): number;
  /** Two bytes, the most significant first (MQTT section 1.5.2). */
  uint16(field: string, given?: number): number;
  /** Two bytes, a packet identifier other than 0; `statement` is the one of section 2.3.1 that wants it. */
  packetId(given: number | undefined, statement: number): number;
  /** A length of two bytes and as many bytes of UTF-8 (MQTT section 1.5.3). */
  text(field: string, given?: string, kind?: TextKind): string;
  /** A length of two bytes and as many bytes. */
  binary(field: string, given: Uint8Array | undefined, clause: string): Uint8Array;
  /** Items up to the end of the packet, at least one; `item` describes one. */
  each<T>(field: string, given: readonly T[] | undefined, item: (given?: T) => T, clause: string): T[];
}
