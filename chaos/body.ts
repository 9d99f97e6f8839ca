import { Random } from './Random.js';

const NUMBER = 4;
const OFFSETS = 4_093;
export const LARGEST = 300_000;

/** The rest of a payload is a piece of this, so that bytes that are lost, doubled or mixed up show. */
const PATTERN = patternOf(OFFSETS + LARGEST);

function patternOf(length: number): Buffer {
  const random = new Random('pattern');
  return Buffer.from(Array.from({ length }, () => random.between(0, 255)));
}

/** The payload of message `n`, with `size` bytes behind the number. */
export function writeBody(n: number, size: number): Buffer {
  const body = Buffer.allocUnsafe(NUMBER + size);
  body.writeUInt32BE(n);
  PATTERN.copy(body, NUMBER, n % OFFSETS, (n % OFFSETS) + size);
  return body;
}

/** The number of a message. @throws {Error} its payload is not what was published */
export function readBody(payload: Uint8Array): number {
  const body = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const n = body.length < NUMBER ? 0 : body.readUInt32BE();
  const start = n % OFFSETS;
  const filled = PATTERN.subarray(start, start + body.length - NUMBER);
  if (n === 0 || !body.subarray(NUMBER).equals(filled))
    throw new Error(`a payload is corrupt: ${body.length} bytes, no. ${n}`);
  return n;
}
