import { restOf } from '../../lib/transport/Landing.js';
import type { Reader } from '../../lib/transport/Transport.js';

const buffer = new Uint8Array(65_536);
let isInUse = false;

/**
 * Gives a chunk as a socket does: what belongs into the reader's room in there, and the rest in memory that is written
 * to again as soon as it was read.
 */
export function lend(chunk: Uint8Array, reader: Reader, read: (chunk: Uint8Array) => void): void {
  reader.pieces.allocate = allocate;
  for (let at = 0; at < chunk.length;) {
    const room = restOf(reader);
    const landed = chunk.subarray(at, room && at + room.length);
    at += landed.length;
    reader.isLent = room === undefined;
    if (room) {
      room.set(landed);
      read(room.subarray(0, landed.length));
    } else lendAll(landed, read);
  }
}

function lendAll(chunk: Uint8Array, read: (lent: Uint8Array) => void): void {
  // A transport in memory may answer from within the reader: then the memory is in use.
  const memory = isInUse || chunk.length > buffer.length ? new Uint8Array(chunk.length) : buffer;
  const wasInUse = isInUse;
  isInUse = true;
  memory.set(chunk);
  read(memory.subarray(0, chunk.length));
  memory.fill(0xee, 0, chunk.length);
  isInUse = wasInUse;
}

/** Memory with something in it. */
function allocate(size: number): Uint8Array {
  return new Uint8Array(size).fill(0xdd);
}
