import { PacketTooLargeError } from '../errors.js';

/** The largest remaining length: four bytes of seven bits (MQTT section 2.2.3). */
export const MAX_REMAINING_LENGTH = 268_435_455;

/** The largest packet, in bytes, with its fixed header of five bytes. */
export const MAX_PACKET_SIZE = MAX_REMAINING_LENGTH + 5;

/**
 * Writes the first byte and the remaining length to `bytes` from `at` on, and returns the offset behind them.
 *
 * @throws {PacketTooLargeError} `remaining` is over 268,435,455
 */
export function putFixedHeader(bytes: Uint8Array, at: number, first: number, remaining: number): number {
  if (remaining > MAX_REMAINING_LENGTH) throw new PacketTooLargeError(5 + remaining, MAX_PACKET_SIZE);
  bytes[at++] = first;
  while (remaining > 0x7f) {
    bytes[at++] = remaining | 0x80;
    remaining >>= 7;
  }
  bytes[at++] = remaining;
  return at;
}
