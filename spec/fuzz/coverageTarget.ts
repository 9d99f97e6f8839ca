import { runDecoderCase } from './runDecoderCase.js';

/** For the coverage-guided engine: the first bytes say where to cut, and how large a packet may be. */
export function fuzz(data: Uint8Array): void {
  const [limit = 0, ...cuts] = data.subarray(0, 4);
  const maxPacketSize = limit < 128 ? undefined : limit - 126;
  // A plain Uint8Array, as a transport gives them.
  runDecoderCase({ bytes: new Uint8Array(data.subarray(4)), cuts: cuts.length > 0 ? cuts : [1], maxPacketSize });
}
