const buffer = new Uint8Array(65_536);

/** Lends a chunk in memory that is written to again as soon as it was read, as a socket does. */
export function lend(chunk: Uint8Array, read: (lent: Uint8Array) => void): void {
  // A transport in memory may answer from within the reader: then the memory is in use.
  const memory = isLent || chunk.length > buffer.length ? new Uint8Array(chunk.length) : buffer;
  const wasLent = isLent;
  isLent = true;
  memory.set(chunk);
  read(memory.subarray(0, chunk.length));
  memory.fill(0xee, 0, chunk.length);
  isLent = wasLent;
}

let isLent = false;
