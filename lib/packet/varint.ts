/** The largest Variable Byte Integer: four bytes of seven bits. */
export const MAX_VARINT = 268_435_455;

/** How many bytes a Variable Byte Integer takes in its shortest form [MQTT5-1.5.5-1]. */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/**
 * Puts a Variable Byte Integer at `bytes[at]`, in its shortest form (MQTT 3.1.1 section 2.2.3, MQTT5 section 1.5.5): seven
 * bits a byte, the least significant first, 0x80 where another byte follows.
 */
export function putVarint(bytes: Uint8Array, at: number, value: number): void {
  for (; value > 0x7f; value >>= 7) bytes[at++] = value | 0x80;
  bytes[at] = value;
}
