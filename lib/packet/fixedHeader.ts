import { PacketTooLargeError } from '../errors.js';

/** The largest remaining length: four bytes of seven bits (MQTT section 2.2.3). */
export const MAX_REMAINING_LENGTH = 268_435_455;

/** The largest packet, in bytes, with its fixed header of five bytes. */
export const MAX_PACKET_SIZE = MAX_REMAINING_LENGTH + 5;

/**
 * How many bytes the fixed header takes of a packet with this remaining length.
 *
 * @throws {PacketTooLargeError} `remaining` is over 268,435,455
 */
export function headerSize(remaining: number): number {
  if (remaining > MAX_REMAINING_LENGTH) throw new PacketTooLargeError(5 + remaining, MAX_PACKET_SIZE);
  return remaining < 0x80 ? 2 : remaining < 0x4000 ? 3 : remaining < 0x20_0000 ? 4 : 5;
}

/** Writes the first byte and the remaining length to `bytes` from `at` on. */
export function putFixedHeader(bytes: Uint8Array, at: number, first: number, remaining: number): void {
  bytes[at] = first;
  for (; remaining > 0x7f; remaining >>= 7) bytes[++at] = remaining | 0x80;
  bytes[at + 1] = remaining;
}
